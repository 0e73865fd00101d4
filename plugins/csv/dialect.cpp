#include "csv/dialect.hpp"

#include "text/delimiter.hpp"
#include "text/utf8.hpp"

namespace jetcapture::plugins {

namespace {

Quote quote_of(const std::string &choice) {
  return choice == "all" ? Quote::all : choice == "nonnumeric" ? Quote::nonnumeric : Quote::minimal;
}

} // namespace

Dialect::Dialect(const Options &options)
    : delimiter(delimiter_of(options.text("delimiter"))), quote(quote_of(options.text("quote"))),
      line_end(options.text("line-end") == "crlf" ? "\r\n" : "\n"), null(options.text("null")),
      escape_formulas(options.text("formulas") == "escape"), header(options.flag("header")) {
  for (const char byte : {delimiter, '"', '\r', '\n'})
    special[static_cast<unsigned char>(byte)] = true;
  for (const char byte : null)
    if (special[static_cast<unsigned char>(byte)])
      throw Misconfigured("the text for null, \"" + null +
                          "\", has a delimiter, a quote or a line end; take one without, such as \\N");
  if (!is_utf8(null))
    throw Misconfigured("the text for null is not UTF-8; take one that is, such as \\N");
}

} // namespace jetcapture::plugins
