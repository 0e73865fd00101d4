// Values as users write them: durations, sizes, flags, and the nearest of some names.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jetcapture::host {

// "90s", "15m", "1h30m", "250ms", "2d"; a bare "0" is zero. Not negative. nullopt: not a duration, or past 292 years.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
// "1h30m", "250ms": from the largest unit down, without parts that are zero; parses back to the same.
std::string format_duration(std::chrono::nanoseconds duration);

// "1048576", "64KiB", "10MB", "1.5GiB", "64K" (as KiB); decimal MB are 10^6, MiB 2^20. nullopt: not a size, or past
// 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);
// "64MiB", "10MB": the shortest text without a fraction that parses back to the same.
std::string format_size(std::uint64_t bytes);

// true/false, yes/no, on/off, 1/0; without regard to case.
std::optional<bool> parse_flag(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_number(std::string_view text); // finite

// The candidate with the smallest edit distance, where that is small enough to be meant; else empty.
std::string nearest(std::string_view wrong, std::span<const std::string> candidates);

} // namespace jetcapture::host
