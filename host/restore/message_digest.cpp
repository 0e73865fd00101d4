#include "restore/message_digest.hpp"

#include <cstring>
#include <new>

#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

constexpr std::size_t hashed_at_once = 16u << 10;

// What stands before the texts of a message, so that none of it can be taken for a part of another.
struct Head {
  std::uint64_t sequence;
  std::int64_t timestamp;
  std::uint64_t subject; // sizes
  std::uint64_t headers;
  std::uint64_t data;
};

} // namespace

MessageDigest::MessageDigest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
}

void MessageDigest::add(const WholeMessage &message) {
  const Head head = {message.sequence, message.timestamp, message.subject.size(), message.headers.size(),
                     message.data.size()};
  char bytes[sizeof head];
  std::memcpy(bytes, &head, sizeof head);
  append({bytes, sizeof bytes});
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
