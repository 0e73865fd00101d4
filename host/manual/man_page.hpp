// The man page jetcapture(1), in man(7) macros, from the definitions of the flags.
#pragma once

#include <string>
#include <string_view>

namespace jetcapture::host {

// date: 2026-11-24.
std::string man_page(std::string_view version, std::string_view date);

} // namespace jetcapture::host
