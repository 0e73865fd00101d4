#include "blocks/sha256.hpp"

#include <openssl/evp.h>

namespace jetcapture::host {

const evp_md_st *sha256_method() {
  // EVP_sha256() alone is looked up in the providers for each hash.
  static const EVP_MD *const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched != nullptr ? fetched : EVP_sha256();
}

Sha256 sha256_of(std::string_view bytes) {
  Sha256 hash{};
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, sha256_method(), nullptr);
  return hash;
}

} // namespace jetcapture::host
