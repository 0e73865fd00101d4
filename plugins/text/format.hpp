// Values as text, written straight into a writer's output: numbers, times, base64, JSON strings.
//
// Nothing is allocated; what needs n bytes at most reserves n.
#pragma once

#include <jetcapture/plugin.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>

namespace jetcapture::text_format {

inline constexpr std::size_t longest_number = 32;
inline constexpr std::size_t longest_time = 36;

template <class Number>
void put_number(const Out &out, Number number) {
  char *place = out.reserve(longest_number);
  const auto [end, error] = std::to_chars(place, place + longest_number, number);
  out.wrote(static_cast<std::size_t>(end - place));
}

// RFC 3339, UTC, the fraction without trailing zeros: 2026-11-24T12:00:00Z, 2026-11-24T12:00:00.25Z.
inline void put_time(const Out &out, std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t fraction = nanoseconds % second;
  std::int64_t seconds = nanoseconds / second;
  if (fraction < 0) {
    fraction += second;
    seconds--;
  }
  char *place = out.reserve(longest_time);
  // Days and years after Howard Hinnant's civil_from_days (public domain): much faster than gmtime.
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    days--;
  }
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  char *at = place;
  const auto digits = [&at](std::int64_t value, int count) {
    for (int i = count - 1; i >= 0; i--) {
      at[i] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    at += count;
  };
  digits(year, 4);
  *at++ = '-';
  digits(month, 2);
  *at++ = '-';
  digits(day, 2);
  *at++ = 'T';
  digits(rest / 3600, 2);
  *at++ = ':';
  digits(rest / 60 % 60, 2);
  *at++ = ':';
  digits(rest % 60, 2);
  if (fraction != 0) {
    *at++ = '.';
    digits(fraction, 9);
    while (at[-1] == '0')
      at--;
  }
  *at++ = 'Z';
  out.wrote(static_cast<std::size_t>(at - place));
}

// RFC 4648 base64 with padding.
inline void put_base64(const Out &out, std::string_view bytes) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *place = out.reserve((bytes.size() + 2) / 3 * 4);
  char *at = place;
  std::size_t i = 0;
  const auto byte = [&](std::size_t index) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[index])); };
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *at++ = alphabet[group >> 18];
    *at++ = alphabet[group >> 12 & 63];
    *at++ = alphabet[group >> 6 & 63];
    *at++ = alphabet[group & 63];
  }
  if (const std::size_t left = bytes.size() - i; left > 0) {
    const std::uint32_t group = byte(i) << 16 | (left == 2 ? byte(i + 1) << 8 : 0);
    *at++ = alphabet[group >> 18];
    *at++ = alphabet[group >> 12 & 63];
    *at++ = left == 2 ? alphabet[group >> 6 & 63] : '=';
    *at++ = '=';
  }
  out.wrote(static_cast<std::size_t>(at - place));
}

// True for bytes that a JSON string can't hold as they are: quote, backslash, controls.
inline bool needs_json_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

// A JSON string with its quotes. text is UTF-8.
inline void put_json_string(const Out &out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  constexpr std::size_t longest_escape = 6;
  char *place = out.reserve(text.size() * longest_escape + 2);
  char *at = place;
  *at++ = '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!needs_json_escape(c))
      continue;
    std::memcpy(at, text.data() + run, i - run);
    at += i - run;
    run = i + 1;
    *at++ = '\\';
    switch (c) {
    case '"':
    case '\\':
      *at++ = static_cast<char>(c);
      break;
    case '\n':
      *at++ = 'n';
      break;
    case '\r':
      *at++ = 'r';
      break;
    case '\t':
      *at++ = 't';
      break;
    default:
      std::memcpy(at, "u00", 3);
      at[3] = hex[c >> 4];
      at[4] = hex[c & 15];
      at += 5;
    }
  }
  if (text.size() > run)
    std::memcpy(at, text.data() + run, text.size() - run);
  at += text.size() - run;
  *at++ = '"';
  out.wrote(static_cast<std::size_t>(at - place));
}

} // namespace jetcapture::text_format
