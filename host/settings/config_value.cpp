#include "settings/config_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace jetcapture::host {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view comment_signs = "#;";
constexpr std::string_view quotes = "\"'";

struct Escape {
  char letter, meaning;
};
constexpr std::array<Escape, 5> escapes = {{{'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}, {'r', '\r'}}};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_one_of(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// The byte of \xHH; digits: what is behind the x.
char hexadecimal(std::string_view digits) {
  unsigned byte = 0;
  const std::string_view two = digits.substr(0, 2);
  const auto [end, error] = std::from_chars(two.data(), two.data() + two.size(), byte, 16);
  if (error != std::errc() || two.size() != 2 || end != two.data() + 2 || byte == 0)
    throw ConfigValueError("\\x takes two hexadecimal digits, and not 00");
  return static_cast<char>(byte);
}

// Takes the escape behind a backslash off the begin of text.
char take_escape(std::string_view &text) {
  const char letter = text.front();
  text.remove_prefix(1);
  if (letter == 'x') {
    const char byte = hexadecimal(text);
    text.remove_prefix(2);
    return byte;
  }
  const auto *const known =
      std::find_if(escapes.begin(), escapes.end(), [&](const Escape &escape) { return escape.letter == letter; });
  if (known == escapes.end())
    throw ConfigValueError("\\" + std::string(1, letter) +
                           " is not an escape; write \\\\ for a backslash, or put the value into '…'");
  return known->meaning;
}

// text begins with its quote.
std::string quoted(std::string_view text) {
  const char quote = text.front();
  text.remove_prefix(1);
  std::string value;
  while (!text.empty() && text.front() != quote) {
    const char c = text.front();
    text.remove_prefix(1);
    value += c == '\\' && quote == '"' && !text.empty() ? take_escape(text) : c;
  }
  if (text.empty())
    throw ConfigValueError(std::string("the quote ") + quote +
                           " is not closed; a value that begins with a quote ends with the same one");
  const std::string_view behind = text.substr(1);
  if (!trimmed(behind.substr(0, comment_begin(behind))).empty() || (!behind.empty() && !is_one_of(blanks, behind[0])))
    throw ConfigValueError("there is text behind the closing quote; put quotes around the whole value");
  return value;
}

// A comment sign at that place may be meant as a part of the value, since it stands between two quotes.
bool is_between_quotes(std::string_view text, std::size_t place) {
  return std::any_of(quotes.begin(), quotes.end(), [&](char quote) {
    return std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), quote) % 2 == 1 &&
           text.find(quote, place) != std::string_view::npos;
  });
}

std::string unquoted(std::string_view text) {
  const std::size_t comment = comment_begin(text);
  if (comment == 0)
    throw ConfigValueError("a value can't begin with a comment sign; put it into quotes, or write \"\" for no value");
  if (comment != std::string_view::npos && is_between_quotes(text, comment))
    throw ConfigValueError("there is a comment sign between quotes that begin within the value; put quotes around the "
                           "whole value");
  return std::string(trimmed(text.substr(0, comment)));
}

} // namespace

std::size_t comment_begin(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); i++)
    if (is_one_of(comment_signs, line[i]) && (i == 0 || is_one_of(blanks, line[i - 1])))
      return i;
  return std::string_view::npos;
}

std::string read_config_value(std::string_view text) {
  const std::string_view value = trimmed(text);
  return !value.empty() && is_one_of(quotes, value.front()) ? quoted(value) : unquoted(value);
}

std::string config_value_text(std::string_view value) {
  const bool stands_alone = !value.empty() && trimmed(value) == value && !is_one_of(quotes, value.front()) &&
                            comment_begin(value) == std::string_view::npos &&
                            std::none_of(value.begin(), value.end(), is_control);
  if (stands_alone)
    return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    const auto *const known =
        std::find_if(escapes.begin(), escapes.end(), [&](const Escape &escape) { return escape.meaning == c; });
    if (known != escapes.end())
      text += {'\\', known->letter};
    else if (is_control(c))
      text += {'\\', 'x', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
    else
      text += c;
  }
  return text + '"';
}

} // namespace jetcapture::host
