// Base64 as RFC 4648, section 4: the standard alphabet, with padding, no line breaks.
#pragma once

#include "jetcapture/plugin.hpp"

#include <string>
#include <string_view>

namespace jetcapture::plugins {

void put_base64(Out out, std::string_view bytes);

// Replaces bytes by what the text stands for. False: it is no such text.
bool read_base64(std::string_view text, std::string &bytes);

} // namespace jetcapture::plugins
