// SHA-256.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

struct evp_md_st;

namespace jetcapture::host {

using Sha256 = std::array<std::uint8_t, 32>;

// Of bytes that are there at once.
Sha256 sha256_of(std::string_view bytes);
// For a hash piece by piece (EVP_DigestInit_ex). Any thread; lives as long as the program.
const evp_md_st *sha256_method();

} // namespace jetcapture::host
