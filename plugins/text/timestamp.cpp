#include "text/timestamp.hpp"

#include "jetcapture/plugin.hpp"

#include <chrono>
#include <string>

namespace jetcapture::plugins {

namespace {

char *two_digits(char *place, unsigned value) {
  place[0] = static_cast<char>('0' + value / 10);
  place[1] = static_cast<char>('0' + value % 10);
  return place + 2;
}

// A year of four digits.
char *put_date(char *place, std::int64_t days_since) {
  using namespace std::chrono;
  const year_month_day date{sys_days{days{static_cast<days::rep>(days_since)}}};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  place = two_digits(place, year / 100);
  place = two_digits(place, year % 100);
  *place++ = '-';
  place = two_digits(place, static_cast<unsigned>(date.month()));
  *place++ = '-';
  return two_digits(place, static_cast<unsigned>(date.day()));
}

// Rounded down, with what is left over.
struct Quotient {
  std::int64_t whole;
  std::int64_t rest;
};
Quotient divided(std::int64_t number, std::int64_t by) {
  const bool down = number % by < 0;
  return {number / by - (down ? 1 : 0), number % by + (down ? by : 0)};
}

} // namespace

char *format_date(char *place, std::int64_t days) {
  constexpr std::int64_t first = -719'162; // 0001-01-01
  constexpr std::int64_t last = 2'932'896; // 9999-12-31
  if (days < first || days > last)
    throw BadData("a date is " + std::to_string(days) + " days from 1970, outside of the years 0001 to 9999");
  return put_date(place, days);
}

char *format_timestamp(char *place, std::int64_t nanoseconds) {
  const Quotient seconds = divided(nanoseconds, 1'000'000'000);
  return format_timestamp(place, seconds.whole, static_cast<std::uint32_t>(seconds.rest));
}

char *format_timestamp(char *place, std::int64_t seconds, std::uint32_t nanoseconds) {
  const Quotient day = divided(seconds, 86'400);
  const auto seconds_within = static_cast<unsigned>(day.rest);
  place = format_date(place, day.whole);
  *place++ = 'T';
  place = two_digits(place, seconds_within / 3600);
  *place++ = ':';
  place = two_digits(place, seconds_within / 60 % 60);
  *place++ = ':';
  place = two_digits(place, seconds_within % 60);
  if (std::uint32_t fraction = nanoseconds; fraction != 0) {
    *place++ = '.';
    for (std::uint32_t unit = 100'000'000; fraction != 0; unit /= 10) {
      *place++ = static_cast<char>('0' + fraction / unit);
      fraction %= unit;
    }
  }
  *place++ = 'Z';
  return place;
}

} // namespace jetcapture::plugins
