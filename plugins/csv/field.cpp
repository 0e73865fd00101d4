#include "csv/field.hpp"

#include "text/base64.hpp"
#include "text/checked.hpp"
#include "text/escaped.hpp"
#include "text/json_number.hpp"
#include "text/json_value.hpp"
#include "text/numbers.hpp"
#include "text/scratch.hpp"
#include "text/timestamp.hpp"
#include "text/utf8.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t longest_scalar = std::max(longest_number, longest_timestamp);

struct NeedsQuotes {
  const Dialect &dialect;
  Word delimiter = every(static_cast<unsigned char>(dialect.delimiter));

  Word of_word(Word word) const {
    return equal_to(word, delimiter) | equal_to(word, every('"')) | equal_to(word, every('\r')) |
           equal_to(word, every('\n'));
  }
  bool of_byte(unsigned char byte) const { return dialect.special[byte]; }
};

struct QuoteMark {
  Word of_word(Word word) const { return equal_to(word, every('"')); }
  bool of_byte(unsigned char byte) const { return byte == '"'; }
};

char *double_quote(char *to, unsigned char) {
  to[0] = '"';
  to[1] = '"';
  return to + 2;
}

// What OWASP's "CSV injection" lists.
bool looks_like_formula(std::string_view text) {
  constexpr std::string_view first = "=+-@\t\r\n";
  return !text.empty() && first.find(text.front()) != std::string_view::npos;
}

void put_quoted(Out out, std::string_view before, std::string_view text, Word &seen) {
  out.put('"');
  out.put(before);
  put_escaped(out, text, QuoteMark{}, double_quote, seen);
  out.put('"');
}

// The rest of a text whose first clean bytes need no quotes by themselves.
void put_text(Out out, const Dialect &dialect, std::string_view text, bool may_be_formula) {
  const std::string_view before = may_be_formula && dialect.escape_formulas && looks_like_formula(text) ? "'" : "";
  Word seen = 0;
  const bool plain = dialect.quote == Quote::minimal && !text.empty() && text != dialect.null &&
                     find_first(text.data(), text.size(), NeedsQuotes{dialect}, seen) == text.size();
  if (plain) {
    out.put(before);
    put_pieces(out, text);
  } else {
    put_quoted(out, before, text, seen);
  }
  if (has_high_bit(seen) && !is_utf8(text))
    throw BadData("a text is not UTF-8, which this file's fields have to be; the decoder has to give it as bytes");
}

// A value of few bytes, made by write(place); none of them needs escaping.
template <class Write>
void put_scalar(Out out, const Dialect &dialect, bool numeric, Write write) {
  char *const place = out.reserve(longest_scalar + 2);
  const bool quotes = dialect.quote == Quote::all || (dialect.quote == Quote::nonnumeric && !numeric);
  char *const end = write(place + (quotes ? 1 : 0));
  if (quotes) {
    *place = '"';
    *end = '"';
    out.wrote(static_cast<std::size_t>(end + 1 - place));
    return;
  }
  const auto size = static_cast<std::size_t>(end - place);
  if (std::string_view(place, size) != dialect.null) {
    out.wrote(size);
    return;
  }
  std::memmove(place + 1, place, size);
  place[0] = '"';
  place[size + 1] = '"';
  out.wrote(size + 2);
}

void put_bytes(Out out, const Dialect &dialect, std::string_view bytes) {
  // Base64 has nothing to escape, but may be as short as the text for null.
  const bool quotes =
      dialect.quote != Quote::minimal || bytes.empty() || dialect.null.size() == (bytes.size() + 2) / 3 * 4;
  if (quotes)
    out.put('"');
  put_base64(out, bytes);
  if (quotes)
    out.put('"');
}

// Nothing of a number needs escaping: the delimiter can't be in it.
void put_decimal(Out out, const Dialect &dialect, std::string_view digits) {
  const bool quotes = dialect.quote == Quote::all || digits == dialect.null;
  if (quotes)
    out.put('"');
  put_pieces(out, digits);
  if (quotes)
    out.put('"');
}

} // namespace

void put_nested_field(Out out, const Dialect &dialect, const jetcapture_value &value, const JsonKeys::Key *key) {
  if (key == nullptr)
    throw BadData("a list or a struct stands in a column of another kind");
  Scratch json;
  put_json_value(json.out(), value, *key);
  put_text(out, dialect, json.text(), false);
}

void put_text_field(Out out, const Dialect &dialect, std::string_view text) {
  put_text(out, dialect, text, true);
}

void put_field(Out out, const Dialect &dialect, const jetcapture_value &value, bool alone) {
  switch (value.kind) {
  case JETCAPTURE_NULL:
    out.put(alone && dialect.null.empty() ? std::string_view("\"\"") : std::string_view(dialect.null));
    return;
  case JETCAPTURE_FLAG:
    put_scalar(out, dialect, false, [&](char *place) {
      const std::string_view word = value.as.integer != 0 ? "true" : "false";
      return place + word.copy(place, word.size());
    });
    return;
  case JETCAPTURE_INTEGER:
    put_scalar(out, dialect, true, [&](char *place) { return format(place, value.as.integer); });
    return;
  case JETCAPTURE_UNSIGNED:
    put_scalar(out, dialect, true, [&](char *place) { return format(place, value.as.uinteger); });
    return;
  case JETCAPTURE_NUMBER:
    put_scalar(out, dialect, true, [&](char *place) { return format(place, value.as.number); });
    return;
  case JETCAPTURE_TIMESTAMP:
    put_scalar(out, dialect, false, [&](char *place) { return format_timestamp(place, value.as.integer); });
    return;
  case JETCAPTURE_TEXT:
    put_text(out, dialect, checked(value.as.text), true);
    return;
  case JETCAPTURE_JSON:
    put_text(out, dialect, checked(value.as.text), false);
    return;
  case JETCAPTURE_BYTES:
    put_bytes(out, dialect, checked(value.as.text));
    return;
  case JETCAPTURE_DECIMAL:
    put_decimal(out, dialect, checked_decimal(value));
    return;
  case JETCAPTURE_DATE:
    put_scalar(out, dialect, false, [&](char *place) { return format_date(place, value.as.integer); });
    return;
  default:
    throw BadData(unknown_kind(value.kind));
  }
}

} // namespace jetcapture::plugins
