#include "terminal/figures.hpp"

#include <array>
#include <cstdio>

namespace jetcapture::host {

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t end = digits.size(); end > 3; end -= 3)
    digits.insert(end - 3, ",");
  return digits;
}

std::string bytes_text(double bytes) {
  static constexpr std::array<const char *, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 999.5 && unit + 1 < units.size(); unit++)
    bytes /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
  return text.data();
}

std::string short_duration(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  const auto two = [](std::int64_t large, const char *large_unit, std::int64_t small, const char *small_unit) {
    return std::to_string(large) + large_unit + (small == 0 ? "" : std::to_string(small) + small_unit);
  };
  if (seconds < 60)
    return std::to_string(seconds) + "s";
  if (seconds < 3600)
    return two(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86400)
    return two(seconds / 3600, "h", seconds % 3600 / 60, "m");
  return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

} // namespace jetcapture::host
