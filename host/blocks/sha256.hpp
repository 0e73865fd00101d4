// SHA-256, of bytes that are there at once.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace jetcapture::host {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256_of(std::string_view bytes);

} // namespace jetcapture::host
