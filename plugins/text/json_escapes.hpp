// What stands behind a backslash in a JSON string (RFC 8259, section 7).
#pragma once

#include <string>
#include <string_view>

namespace jetcapture::plugins {

// characters: those between the quotes.
bool escapes_are_good(std::string_view characters);

// Appends the characters with their escapes, which are good, replaced. False: an escape is half of a surrogate pair,
// which UTF-8 can't hold.
bool unescape(std::string_view characters, std::string &to);

} // namespace jetcapture::plugins
