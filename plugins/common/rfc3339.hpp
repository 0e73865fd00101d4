// Times as RFC 3339 writes them: 2026-11-24T12:00:00.25Z, 2026-11-24 13:00:00+01:00.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jetcapture::common {

// Nanoseconds since 1970, UTC. nullopt: not such a time, or outside of what 64 bits hold. Digits past the ninth of a
// fraction are cut.
inline std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  bool good = true;
  const auto digits = [&](int count) {
    std::int64_t value = 0;
    for (int i = 0; i < count; i++, at++) {
      if (at >= text.size() || text[at] < '0' || text[at] > '9') {
        good = false;
        return std::int64_t{0};
      }
      value = value * 10 + (text[at] - '0');
    }
    return value;
  };
  const auto one_of = [&](std::string_view set) {
    if (at >= text.size() || set.find(text[at]) == std::string_view::npos) {
      good = false;
      return '\0';
    }
    return text[at++];
  };
  const std::int64_t year = digits(4);
  one_of("-");
  const std::int64_t month = digits(2);
  one_of("-");
  const std::int64_t day = digits(2);
  one_of("Tt ");
  const std::int64_t hour = digits(2);
  one_of(":");
  const std::int64_t minute = digits(2);
  one_of(":");
  const std::int64_t second = digits(2);
  std::int64_t fraction = 0;
  if (good && at < text.size() && text[at] == '.') {
    at++;
    std::int64_t unit = 100'000'000;
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; at++, unit /= 10)
      fraction += (text[at] - '0') * unit;
    good = at > first;
  }
  const char zone = one_of("Zz+-");
  std::int64_t offset = 0;
  if (zone == '+' || zone == '-') {
    const std::int64_t hours = digits(2);
    one_of(":");
    const std::int64_t minutes = digits(2);
    good = good && hours <= 23 && minutes <= 59;
    offset = (hours * 60 + minutes) * (zone == '+' ? 60 : -60);
  }
  constexpr int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (!good || at != text.size() || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day > month_days[month - 1] + (month == 2 && leap ? 1 : 0))
    return std::nullopt;
  // Days since 1970 after Howard Hinnant's days_from_civil (public domain).
  const std::int64_t shifted_year = year - (month <= 2 ? 1 : 0);
  const std::int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
  const std::int64_t year_of_era = shifted_year - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t days =
      era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  if (seconds >= INT64_MAX / nanoseconds || seconds <= INT64_MIN / nanoseconds)
    return std::nullopt;
  return seconds * nanoseconds + fraction;
}

} // namespace jetcapture::common
