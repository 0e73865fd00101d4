// Bytes that a user can't type, in the value of an option: \n \r \t \0 \\ and \x1e.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

// nullopt: a backslash with something else behind it.
std::optional<std::string> unescape(std::string_view text);

} // namespace jetcapture::plugins
