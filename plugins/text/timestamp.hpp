// Timestamps as RFC 3339 in UTC: "2024-02-29T23:59:59.000000001Z", without the zeros at the end of the fraction. Dates:
// "2024-02-29".
#pragma once

#include <cstddef>
#include <cstdint>

namespace jetcapture::plugins {

constexpr std::size_t longest_timestamp = 30;

// Writes at most longest_timestamp bytes and returns their end. Any value has a year of four digits (1677 to 2262).
char *format_timestamp(char *place, std::int64_t nanoseconds);

// The same with the nanoseconds of a second apart. Throws BadData: the year is not one of 0001 to 9999.
char *format_timestamp(char *place, std::int64_t seconds, std::uint32_t nanoseconds);

// Writes ten bytes and returns their end. Throws BadData: the year is not one of 0001 to 9999.
char *format_date(char *place, std::int64_t days);

} // namespace jetcapture::plugins
