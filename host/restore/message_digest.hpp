// All of a sequence of messages as one SHA-256: their sequences, times, subjects, header blocks and data. Two sequences
// of messages with the same digest are the same.
//
// One thread.
#pragma once

#include "blocks/sha256.hpp"
#include "delivery/whole_message.hpp"

#include <cstdint>
#include <memory>
#include <string>

#include <openssl/types.h>

namespace jetcapture::host {

class MessageDigest {
public:
  MessageDigest();

  void add(const WholeMessage &message);
  std::uint64_t messages() const { return messages_; }
  // Of all that was added. Nothing is added afterwards.
  Sha256 end();

private:
  void append(std::string_view bytes);

  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX *)> context_;
  std::string waiting_; // to be hashed: many small pieces at once
  std::uint64_t messages_ = 0;
};

} // namespace jetcapture::host
