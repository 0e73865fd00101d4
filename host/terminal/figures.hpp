// Numbers as people read them on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace jetcapture::host {

std::string count_text(std::uint64_t count);               // "1,204,331"
std::string bytes_text(double bytes);                      // "12.4 MiB"
std::string short_duration(std::chrono::nanoseconds time); // "45s", "4m10s", "3h12m", "2d4h"; two units at most

} // namespace jetcapture::host
