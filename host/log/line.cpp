#include "log/line.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <type_traits>

namespace jetcapture::host {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// The length of the UTF-8 character that begins at i, or 0 where there is none (RFC 3629, table 3-7 of Unicode).
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const unsigned char first = byte_at(text, i);
  std::size_t length = 0;
  unsigned char lowest = 0x80, highest = 0xBF;
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    length = 2;
  else if (first >= 0xE0 && first <= 0xEF)
    length = 3;
  else if (first >= 0xF0 && first <= 0xF4)
    length = 4;
  else
    return 0;
  if (first == 0xE0)
    lowest = 0xA0;
  if (first == 0xED)
    highest = 0x9F;
  if (first == 0xF0)
    lowest = 0x90;
  if (first == 0xF4)
    highest = 0x8F;
  if (text.size() - i < length || byte_at(text, i + 1) < lowest || byte_at(text, i + 1) > highest)
    return 0;
  for (std::size_t k = 2; k < length; k++)
    if (byte_at(text, i + k) < 0x80 || byte_at(text, i + k) > 0xBF)
      return 0;
  return length;
}

// Control characters of ASCII, and U+0080 to U+009F, which terminals obey too.
bool is_control(std::string_view text, std::size_t i, std::size_t length) {
  const unsigned char first = byte_at(text, i);
  return first < 0x20 || first == 0x7F || (length == 2 && first == 0xC2 && byte_at(text, i + 1) < 0xA0);
}

void append_hex(std::string &out, const char *prefix, unsigned digits, unsigned value) {
  static constexpr char hex[] = "0123456789abcdef";
  out += prefix;
  while (digits-- > 0)
    out += hex[(value >> (4 * digits)) & 0xF];
}

bool append_short_escape(std::string &out, char c) {
  switch (c) {
  case '\n':
    out += "\\n";
    return true;
  case '\r':
    out += "\\r";
    return true;
  case '\t':
    out += "\\t";
    return true;
  case '"':
    out += "\\\"";
    return true;
  case '\\':
    out += "\\\\";
    return true;
  default:
    return false;
  }
}

bool is_plain(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0 || is_control(text, i, length))
      return false;
    if (text[i] == ' ' || text[i] == '"' || text[i] == '=' || text[i] == '\\')
      return false;
    i += length;
  }
  return !text.empty();
}

void append_text(std::string &out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
    return;
  }
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (append_short_escape(out, text[i])) {
      i++;
    } else if (length == 0 || is_control(text, i, length)) {
      for (const std::size_t end = i + (length == 0 ? 1 : length); i < end; i++)
        append_hex(out, "\\x", 2, byte_at(text, i));
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  out += '"';
}

void append_json_text(std::string &out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (append_short_escape(out, text[i])) {
      i++;
    } else if (length == 0) {
      out += "\xEF\xBF\xBD";
      i++;
    } else if (is_control(text, i, length)) {
      append_hex(out, "\\u", 4, length == 2 ? byte_at(text, i + 1) : byte_at(text, i));
      i += length;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string &out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_value(std::string &out, LogFormat format, const Field &field) {
  std::visit(
      [&](auto value) {
        using Value = decltype(value);
        if constexpr (std::is_same_v<Value, std::string_view>)
          format == LogFormat::json ? append_json_text(out, value) : append_text(out, value);
        else if constexpr (std::is_same_v<Value, bool>)
          out += value ? "true" : "false";
        else if constexpr (std::is_same_v<Value, double>)
          std::isfinite(value) || format == LogFormat::text ? append_number(out, value) : void(out += "null");
        else
          append_number(out, value);
      },
      field.value);
}

void append_time(std::string &out, std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto whole = floor<milliseconds>(time);
  const std::time_t seconds = system_clock::to_time_t(floor<std::chrono::seconds>(time));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> date;
  out.append(date.data(), std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc));
  const auto fraction = static_cast<unsigned>((whole - floor<std::chrono::seconds>(whole)).count());
  out += '.';
  out += static_cast<char>('0' + fraction / 100);
  out += static_cast<char>('0' + fraction / 10 % 10);
  out += static_cast<char>('0' + fraction % 10);
  out += 'Z';
}

} // namespace

std::string_view to_string(Level level) {
  switch (level) {
  case Level::debug:
    return "debug";
  case Level::info:
    return "info";
  case Level::warn:
    return "warn";
  case Level::error:
    return "error";
  }
  return "error";
}

void append_line(std::string &out, LogFormat format, std::chrono::system_clock::time_point time, Level level,
                 std::string_view message, std::span<const Field> fields) {
  const bool json = format == LogFormat::json;
  out += json ? "{\"time\":\"" : "time=";
  append_time(out, time);
  out += json ? "\",\"level\":\"" : " level=";
  out += to_string(level);
  out += json ? "\",\"msg\":" : " msg=";
  json ? append_json_text(out, message) : append_text(out, message);
  for (const Field &field : fields) {
    if (json) {
      out += ',';
      append_json_text(out, field.name);
      out += ':';
    } else {
      out += ' ';
      append_text(out, field.name);
      out += '=';
    }
    append_value(out, format, field);
  }
  out += json ? "}\n" : "\n";
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    if (length == 0 || is_control(text, i, length)) {
      for (const std::size_t end = i + (length == 0 ? 1 : length); i < end; i++)
        append_hex(out, "\\x", 2, byte_at(text, i));
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out;
}

} // namespace jetcapture::host
