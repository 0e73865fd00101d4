// The bytes that a text in Base64 stands for, as the JetStream API gives messages.
#pragma once

#include <string>
#include <string_view>

namespace jetcapture::host {

// What is no Base64 gives nothing.
std::string bytes_of_base64(std::string_view text);

} // namespace jetcapture::host
