#include "log/time_text.hpp"

#include "strings/digits.hpp"

#include <chrono>
#include <ctime>

namespace jetcapture::host {

std::string time_text(std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t remainder = nanoseconds % second;
  const std::int64_t fraction = remainder < 0 ? remainder + second : remainder;
  const std::chrono::sys_seconds time(std::chrono::seconds(nanoseconds / second - (remainder < 0 ? 1 : 0)));
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  text.reserve(std::string_view("2026-11-27T00:00:00.000000000Z").size());
  const auto put = [&](auto number, std::size_t digits, char behind) {
    append_digits(text, static_cast<std::uint64_t>(number), digits);
    text += behind;
  };
  put(static_cast<int>(date.year()), 4, '-'); // 64 bits reach from 1677 to 2262
  put(static_cast<unsigned>(date.month()), 2, '-');
  put(static_cast<unsigned>(date.day()), 2, 'T');
  put(clock.hours().count(), 2, ':');
  put(clock.minutes().count(), 2, ':');
  put(clock.seconds().count(), 2, '.');
  put(fraction, 9, 'Z');
  return text;
}

std::string short_time_text(std::int64_t nanoseconds) {
  std::string text = time_text(nanoseconds);
  text.pop_back();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.'))
    text.pop_back();
  return text + 'Z';
}

namespace {

// Takes the digits that stand at the start of text, so many of them at least and at most. nullopt: there are fewer.
std::optional<std::int64_t> take_digits(std::string_view &text, std::size_t least, std::size_t most) {
  std::int64_t number = 0;
  std::size_t digits = 0;
  for (; digits < most && digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; digits++)
    number = number * 10 + (text[digits] - '0');
  if (digits < least)
    return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

// One number behind the character that stands before it.
bool take_behind(std::string_view &text, char before, std::size_t digits, int &number) {
  if (before != '\0') {
    if (!text.starts_with(before))
      return false;
    text.remove_prefix(1);
  }
  const std::optional<std::int64_t> taken = take_digits(text, digits, digits);
  number = static_cast<int>(taken.value_or(0));
  return taken.has_value();
}

// "Z" or "+02:00", to its end, in seconds.
std::optional<std::int64_t> offset_of(std::string_view text) {
  if (text == "Z" || text == "z")
    return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  int hours = 0;
  int minutes = 0;
  if (!take_behind(text, sign < 0 ? '-' : '+', 2, hours) || !take_behind(text, ':', 2, minutes) || !text.empty() ||
      hours > 23 || minutes > 59)
    return std::nullopt;
  return sign * (hours * 3600 + minutes * 60);
}

} // namespace

std::optional<std::int64_t> time_of_text(std::string_view text) {
  std::tm parts{};
  const bool has_date = take_behind(text, '\0', 4, parts.tm_year) && take_behind(text, '-', 2, parts.tm_mon) &&
                        take_behind(text, '-', 2, parts.tm_mday);
  if (!has_date || !(text.starts_with('T') || text.starts_with('t') || text.starts_with(' ')))
    return std::nullopt;
  text.remove_prefix(1);
  if (!take_behind(text, '\0', 2, parts.tm_hour) || !take_behind(text, ':', 2, parts.tm_min) ||
      !take_behind(text, ':', 2, parts.tm_sec))
    return std::nullopt;
  std::int64_t nanoseconds = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const std::optional<std::int64_t> fraction = take_digits(text, 1, 9);
    if (!fraction)
      return std::nullopt;
    nanoseconds = *fraction;
    for (std::size_t digits = before - text.size(); digits < 9; digits++)
      nanoseconds *= 10;
  }
  const std::optional<std::int64_t> offset = offset_of(text);
  const std::tm given = parts;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::time_t seconds = ::timegm(&parts);
  // A month or a day that there is not was made another one.
  if (!offset || parts.tm_mon + 1 != given.tm_mon || parts.tm_mday != given.tm_mday || parts.tm_hour != given.tm_hour ||
      parts.tm_min != given.tm_min || parts.tm_sec != given.tm_sec)
    return std::nullopt;
  std::int64_t time = 0;
  // Seconds before 1970 with a fraction: towards 0 first, so that the earliest time does not overflow on the way.
  const std::int64_t whole = seconds - *offset;
  const bool borrow = whole < 0 && nanoseconds > 0;
  if (__builtin_mul_overflow(whole + (borrow ? 1 : 0), std::int64_t{1'000'000'000}, &time) ||
      __builtin_add_overflow(time, borrow ? nanoseconds - 1'000'000'000 : nanoseconds, &time))
    return std::nullopt;
  return time;
}

} // namespace jetcapture::host
