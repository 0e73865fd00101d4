#include "text/timestamp.hpp"

#include <chrono>

namespace jetcapture::plugins {

namespace {

char *two_digits(char *place, unsigned value) {
  place[0] = static_cast<char>('0' + value / 10);
  place[1] = static_cast<char>('0' + value % 10);
  return place + 2;
}

} // namespace

char *format_timestamp(char *place, std::int64_t nanoseconds) {
  using namespace std::chrono;
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t day = 86'400 * second;
  std::int64_t days_since = nanoseconds / day;
  std::int64_t within = nanoseconds % day;
  if (within < 0) {
    within += day;
    days_since--;
  }
  const year_month_day date{sys_days{days{static_cast<days::rep>(days_since)}}};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  place = two_digits(place, year / 100);
  place = two_digits(place, year % 100);
  *place++ = '-';
  place = two_digits(place, static_cast<unsigned>(date.month()));
  *place++ = '-';
  place = two_digits(place, static_cast<unsigned>(date.day()));
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
