#include "http/piece_hasher.hpp"

#include <cstring>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

} // namespace

PieceHasher::PieceHasher(const Object &object, const EVP_MD *piece, const EVP_MD *whole)
    : object_(object), kind_(piece), sha256_(EVP_sha256()), buffer_(new char[buffer_size]) {
  if (whole != nullptr)
    whole_.emplace(whole);
}

void PieceHasher::next(std::uint64_t offset, std::uint64_t size, const Patience &patience, std::uint8_t *digest) {
  const Body piece(object_, offset, size);
  Hash hash(kind_);
  for (std::uint64_t done = 0; done < size;) {
    patience.check();
    const std::string_view bytes(buffer_.get(), piece.read(done, buffer_.get(), buffer_size));
    hash.add(bytes);
    sha256_.add(bytes);
    if (whole_)
      whole_->add(bytes);
    done += bytes.size();
  }
  hash.finish(digest);
}

void PieceHasher::check_sha256() {
  Sha256 digest{};
  sha256_.finish(digest.data());
  if (std::memcmp(digest.data(), object_.raw().sha256, digest.size()) != 0)
    throw Retry("the bytes read from the spool do not have the SHA-256 that the block should have");
}

} // namespace jetcapture::plugins
