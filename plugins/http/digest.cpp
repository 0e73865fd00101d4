#include "http/digest.hpp"

#include "jetcapture/plugin.hpp"

#include <openssl/hmac.h>

namespace jetcapture::plugins {

Hash::Hash(const EVP_MD *kind) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), kind, nullptr) != 1)
    throw Fatal("OpenSSL refuses a hash that the service needs; a FIPS policy may forbid it");
}

void Hash::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

void Hash::finish(std::uint8_t *digest) {
  EVP_DigestFinal_ex(context_.get(), digest, nullptr);
}

Sha256 sha256_of(std::string_view bytes) {
  Hash hash(EVP_sha256());
  hash.add(bytes);
  Sha256 digest{};
  hash.finish(digest.data());
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), digest.data(), &size) == nullptr)
    throw Fatal("OpenSSL refuses HMAC with SHA-256");
  return digest;
}

} // namespace jetcapture::plugins
