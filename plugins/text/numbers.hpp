// Numbers as text, into a place that the caller has made: each writes at most longest_number bytes and returns their
// end.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace jetcapture::plugins {

constexpr std::size_t longest_number = 24; // "-2.2250738585072014e-308"

inline char *format(char *place, std::int64_t value) {
  return std::to_chars(place, place + longest_number, value).ptr;
}
inline char *format(char *place, std::uint64_t value) {
  return std::to_chars(place, place + longest_number, value).ptr;
}

// What has no digits, as protobuf's JSON and most readers spell it.
inline std::string_view name_of_not_finite(double value) {
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

// The shortest text that reads back as the same double.
inline char *format(char *place, double value) {
  if (std::isfinite(value))
    return std::to_chars(place, place + longest_number, value).ptr;
  const std::string_view name = name_of_not_finite(value);
  std::memcpy(place, name.data(), name.size());
  return place + name.size();
}

} // namespace jetcapture::plugins
