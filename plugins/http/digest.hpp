// Hashes by OpenSSL, and the texts in which services want them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace jetcapture::plugins {

using Sha256 = std::array<std::uint8_t, 32>;
using Md5 = std::array<std::uint8_t, 16>;

// A hash over bytes that come piece by piece.
class Hash {
public:
  // Throws Fatal where OpenSSL does not offer it.
  explicit Hash(const EVP_MD *kind);
  void add(std::string_view bytes);
  // Ends it. size: of the kind.
  void finish(std::uint8_t *digest);

private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX *)> context_;
};

Sha256 sha256_of(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

template <std::size_t N>
std::string_view bytes_of(const std::array<std::uint8_t, N> &digest) {
  return {reinterpret_cast<const char *>(digest.data()), N};
}

} // namespace jetcapture::plugins
