// Base64 as RFC 4648, section 4: the standard alphabet, with padding, no line breaks.
#pragma once

#include "jetcapture/plugin.hpp"

#include <string_view>

namespace jetcapture::plugins {

void put_base64(Out out, std::string_view bytes);

} // namespace jetcapture::plugins
