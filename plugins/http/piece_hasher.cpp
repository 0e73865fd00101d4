#include "http/piece_hasher.hpp"

#include <cstring>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t buffer_size = 256 << 10;

// buffer: of buffer_size bytes.
template <class Take>
void read_through(const Body &piece, const TimeLimit &time_limit, char *buffer, Take take) {
  for (std::uint64_t done = 0; done < piece.size();) {
    time_limit.check();
    const std::string_view bytes(buffer, piece.read(done, buffer, buffer_size));
    take(bytes);
    done += bytes.size();
  }
}

} // namespace

Md5 md5_of(const Body &piece, const TimeLimit &time_limit) {
  const std::unique_ptr<char[]> buffer(new char[buffer_size]);
  Hash hash(EVP_md5());
  read_through(piece, time_limit, buffer.get(), [&](std::string_view bytes) { hash.add(bytes); });
  Md5 digest{};
  hash.finish(digest.data());
  return digest;
}

PieceHasher::PieceHasher(const Object &object, const EVP_MD *piece, const EVP_MD *whole)
    : object_(object), kind_(piece), sha256_(EVP_sha256()), buffer_(new char[buffer_size]) {
  if (whole != nullptr)
    whole_.emplace(whole);
}

void PieceHasher::next(std::uint64_t offset, std::uint64_t size, const TimeLimit &time_limit, std::uint8_t *digest) {
  Hash hash(kind_);
  read_through(Body(object_, offset, size), time_limit, buffer_.get(), [&](std::string_view bytes) {
    hash.add(bytes);
    sha256_.add(bytes);
    if (whole_)
      whole_->add(bytes);
  });
  hash.finish(digest);
}

void PieceHasher::check_sha256() {
  Sha256 digest{};
  sha256_.finish(digest.data());
  if (std::memcmp(digest.data(), object_.raw().sha256, digest.size()) != 0)
    throw BadData("the bytes read from the spool do not have the SHA-256 that the block should have");
}

} // namespace jetcapture::plugins
