#include "csv/dialect.hpp"

#include "text/unescape.hpp"
#include "text/utf8.hpp"

namespace jetcapture::plugins {

namespace {

char delimiter_of(const std::string &text) {
  const auto bytes = text == "tab" ? std::optional<std::string>("\t") : unescape(text);
  if (!bytes || bytes->size() != 1)
    throw Misconfigured("the delimiter \"" + text +
                        "\" is not one byte; write one, such as , or ; or |, or \"tab\" or \\x1f");
  // What numbers, timestamps and base64 are made of: with it, they would all need quotes.
  constexpr std::string_view taken = "\"\r\n+-./:=";
  const char byte = bytes->front();
  const bool in_values = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  if (in_values || static_cast<unsigned char>(byte) >= 0x80 || taken.find(byte) != std::string_view::npos)
    throw Misconfigured("the delimiter \"" + text +
                        "\" can't be told from values, quotes or line ends; take , or ; or | or tab");
  return byte;
}

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
