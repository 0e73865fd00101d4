// Times as the server writes them into its JSON answers.
#pragma once

#include <cstdint>
#include <string>

namespace jetcapture::host {

// Nanoseconds since 1970 of a time as Go writes it in JSON (RFC 3339, UTC). 0: it is none, or Go's zero time.
std::int64_t nanoseconds_of(const std::string &text);

} // namespace jetcapture::host
