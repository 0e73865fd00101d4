// Hashes of a block's pieces, taken in their order, so that the hash of the whole comes with them.
#pragma once

#include "http/digest.hpp"
#include "http/session.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace jetcapture::plugins {

// Of one piece alone. Throws as PieceHasher::next.
Md5 md5_of(const Body &piece, const TimeLimit &time_limit);

class PieceHasher {
public:
  // whole: a kind that is wanted of the whole too, beside the SHA-256. The object has to outlive it.
  PieceHasher(const Object &object, const EVP_MD *piece, const EVP_MD *whole = nullptr);

  // Of the next piece, which begins where the one before ended. Throws Retry when it can't be read, and as time_limit
  // says.
  template <class Digest>
  Digest next(std::uint64_t offset, std::uint64_t size, const TimeLimit &time_limit) {
    Digest digest{};
    next(offset, size, time_limit, digest.data());
    return digest;
  }

  // After the last piece. Throws BadData where the bytes are not those that the host gave the SHA-256 of.
  void check_sha256();

  template <class Digest>
  Digest whole() {
    Digest digest{};
    whole_.value().finish(digest.data());
    return digest;
  }

private:
  void next(std::uint64_t offset, std::uint64_t size, const TimeLimit &time_limit, std::uint8_t *digest);

  const Object &object_;
  const EVP_MD *const kind_;
  Hash sha256_;
  std::optional<Hash> whole_;
  std::unique_ptr<char[]> buffer_;
};

} // namespace jetcapture::plugins
