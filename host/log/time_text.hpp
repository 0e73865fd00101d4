// Times with all their digits, for what is kept: 2026-11-24T12:00:00.123456789Z.
#pragma once

#include <cstdint>
#include <string>

namespace jetcapture::host {

// nanoseconds: since 1970, UTC; also before it.
std::string time_text(std::int64_t nanoseconds);

// The same without zeros at the end of its fraction, for people: 2026-11-24T12:00:00Z.
std::string short_time_text(std::int64_t nanoseconds);

} // namespace jetcapture::host
