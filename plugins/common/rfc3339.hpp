// Times and dates as RFC 3339 writes them: 2026-11-24T12:00:00.25Z, 2026-11-24 13:00:00+01:00, 2026-11-24.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace jetcapture::common {

// Reads a text from its beginning; once something is not as it should be, nothing is good any more.
class TimeReader {
public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  bool good() const { return good_; }
  bool at_end() const { return at_ == text_.size(); }

  std::int64_t digits(int count) {
    std::int64_t value = 0;
    for (; count > 0; count--)
      value = value * 10 + (one_of("0123456789") - '0');
    return value;
  }
  char one_of(std::string_view set) {
    good_ = good_ && !at_end() && set.find(text_[at_]) != std::string_view::npos;
    return good_ ? text_[at_++] : '0';
  }
  // Days since 1970. Years 0001 to 9999.
  std::int64_t date() {
    const auto year = static_cast<int>(digits(4));
    one_of("-");
    const auto month = static_cast<unsigned>(digits(2));
    one_of("-");
    const auto day = static_cast<unsigned>(digits(2));
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    good_ = good_ && year > 0 && date.ok();
    return std::chrono::sys_days(date).time_since_epoch().count();
  }
  // Nanoseconds; 0 where there is no point. Digits past the ninth are cut.
  std::int64_t fraction() {
    if (at_end() || text_[at_] != '.')
      return 0;
    at_++;
    std::int64_t nanoseconds = 0;
    const std::size_t first = at_;
    for (std::int64_t unit = 100'000'000; !at_end() && text_[at_] >= '0' && text_[at_] <= '9'; at_++, unit /= 10)
      nanoseconds += (text_[at_] - '0') * unit;
    good_ = good_ && at_ > first;
    return nanoseconds;
  }
  // Seconds that local time is ahead of UTC.
  std::int64_t offset() {
    const char zone = one_of("Zz+-");
    if (zone != '+' && zone != '-')
      return 0;
    const std::int64_t hours = digits(2);
    one_of(":");
    const std::int64_t minutes = digits(2);
    good_ = good_ && hours <= 23 && minutes <= 59;
    return (hours * 60 + minutes) * (zone == '+' ? 60 : -60);
  }

private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool good_ = true;
};

// Nanoseconds since 1970, UTC. nullopt: not such a time; a leap second (:60), which such a count has no place for; or
// outside of what 64 bits hold, which is from 1677-09-21 to 2262-04-11. Digits past the ninth of a fraction are cut.
inline std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  TimeReader reader(text);
  const std::int64_t days = reader.date();
  reader.one_of("Tt ");
  const std::int64_t hour = reader.digits(2);
  reader.one_of(":");
  const std::int64_t minute = reader.digits(2);
  reader.one_of(":");
  const std::int64_t second = reader.digits(2);
  const std::int64_t fraction = reader.fraction();
  const std::int64_t offset = reader.offset();
  if (!reader.good() || !reader.at_end() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  constexpr std::int64_t nanoseconds = 1'000'000'000;
  if (seconds >= INT64_MAX / nanoseconds || seconds <= INT64_MIN / nanoseconds)
    return std::nullopt;
  return seconds * nanoseconds + fraction;
}

// Days since 1970, of a year from 0001 to 9999. nullopt: not such a date.
inline std::optional<std::int64_t> parse_date(std::string_view text) {
  TimeReader reader(text);
  const std::int64_t days = reader.date();
  return reader.good() && reader.at_end() ? std::optional(days) : std::nullopt;
}

} // namespace jetcapture::common
