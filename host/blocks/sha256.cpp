#include "blocks/sha256.hpp"

#include <openssl/evp.h>

namespace jetcapture::host {

Sha256 sha256_of(std::string_view bytes) {
  Sha256 hash{};
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  return hash;
}

} // namespace jetcapture::host
