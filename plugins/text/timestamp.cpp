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

} // namespace

char *format_date(char *place, std::int64_t days) {
  constexpr std::int64_t first = -719'162; // 0001-01-01
  constexpr std::int64_t last = 2'932'896; // 9999-12-31
  if (days < first || days > last)
    throw BadData("a date is " + std::to_string(days) + " days from 1970, outside of the years 0001 to 9999");
  return put_date(place, days);
}

char *format_timestamp(char *place, std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t day = 86'400 * second;
  std::int64_t days_since = nanoseconds / day;
  std::int64_t within = nanoseconds % day;
  if (within < 0) {
    within += day;
    days_since--;
  }
  place = put_date(place, days_since);
  *place++ = 'T';
  const auto seconds_within = static_cast<unsigned>(within / second);
  place = two_digits(place, seconds_within / 3600);
  *place++ = ':';
  place = two_digits(place, seconds_within / 60 % 60);
  *place++ = ':';
  place = two_digits(place, seconds_within % 60);
  if (auto fraction = static_cast<unsigned>(within % second); fraction != 0) {
    *place++ = '.';
    for (unsigned unit = 100'000'000; fraction != 0; unit /= 10) {
      *place++ = static_cast<char>('0' + fraction / unit);
      fraction %= unit;
    }
  }
  *place++ = 'Z';
  return place;
}

} // namespace jetcapture::plugins
