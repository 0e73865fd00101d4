#include "restore/message_digest.hpp"

#include <new>

#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

constexpr std::size_t hashed_at_once = 16u << 10;

} // namespace

MessageDigest::MessageDigest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
}

void MessageDigest::add(const WholeMessage &message) {
  append(MessageHead(message).bytes());
  append(message.subject);
  append(message.headers);
  append(message.data);
  messages_++;
}

void MessageDigest::append(std::string_view bytes) {
  if (waiting_.size() + bytes.size() > hashed_at_once) {
    EVP_DigestUpdate(context_.get(), waiting_.data(), waiting_.size());
    waiting_.clear();
  }
  if (bytes.size() > hashed_at_once)
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  else
    waiting_ += bytes;
}

Sha256 MessageDigest::end() {
  Sha256 hash{};
  EVP_DigestUpdate(context_.get(), waiting_.data(), waiting_.size());
  EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
  return hash;
}

} // namespace jetcapture::host
