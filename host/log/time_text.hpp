// Times with all their digits, for what is kept: 2026-11-24T12:00:00.123456789Z.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

// nanoseconds: since 1970, UTC; also before it.
std::string time_text(std::int64_t nanoseconds);
// The reverse: a time of RFC 3339 with up to nine digits behind the second, in UTC ("Z") or with an offset. nullopt: it
// is none, or not within the range of the nanoseconds.
std::optional<std::int64_t> time_of_text(std::string_view text);

// The same without zeros at the end of its fraction, for people: 2026-11-24T12:00:00Z.
std::string short_time_text(std::int64_t nanoseconds);

} // namespace jetcapture::host
