#include "file/transfer.hpp"

#include "file/system_error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <limits>
#include <memory>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/types.h>
#include <unistd.h>

namespace jetcapture::plugins {

namespace {

// Deadline and cancellation are looked at once a piece.
constexpr std::size_t buffer_size = 256 << 10;
constexpr std::size_t kernel_piece = 4 << 20;

std::int64_t monotonic_now() {
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void check_time(const Object &object, const Host &host, const std::string &path) {
  if (host.cancelled())
    throw Retry("the host wants to end, so " + path + " is not written to its end");
  if (monotonic_now() > object.raw().deadline)
    throw Retry("the deadline has passed, so " + path + " is not written to its end");
}

void write_all(int file, const char *bytes, std::size_t size, const std::string &path) {
  while (size > 0) {
    const ssize_t wrote = ::write(file, bytes, size);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      fail(errno, "write", path);
    bytes += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
}

// Returns how far it came: some file systems, kernels and sandboxes can't, and then say so at the first piece.
std::uint64_t copy_by_kernel(const Object &object, const Host &host, int file, const std::string &path) {
  std::uint64_t done = 0;
  while (done < object.bytes()) {
    check_time(object, host, path);
    auto from = static_cast<off64_t>(done);
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(kernel_piece, object.bytes() - done));
    const ssize_t copied = ::copy_file_range(object.raw().descriptor, &from, file, nullptr, size, 0);
    if (copied < 0 && errno == EINTR)
      continue;
    if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
      fail(errno, "write", path);
    if (copied <= 0) // reading it ourselves tells what is wrong, if anything
      break;
    done += static_cast<std::uint64_t>(copied);
  }
  return done;
}

template <class Take>
void read_file(int file, const std::string &path, std::uint64_t offset, std::uint64_t count, Take take) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    return;
  const auto buffer = std::make_unique_for_overwrite<char[]>(buffer_size);
  while (count > 0) {
    const ssize_t got =
        ::pread(file, buffer.get(), static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer_size)),
                static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      fail(errno, "read", path);
    if (got == 0)
      return;
    take(std::string_view(buffer.get(), static_cast<std::size_t>(got)));
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
}

} // namespace

void copy_object(const Object &object, const Host &host, int file, const std::string &path) {
  std::uint64_t done = object.raw().descriptor >= 0 ? copy_by_kernel(object, host, file, path) : 0;
  // Asks for one byte past the end too: more than was announced is as wrong as less.
  const auto wanted = [&] {
    return static_cast<std::size_t>(std::min<std::uint64_t>(buffer_size, object.bytes() - done + 1));
  };
  const auto buffer = std::make_unique_for_overwrite<char[]>(wanted());
  while (true) {
    check_time(object, host, path);
    const std::size_t got = object.read(done, buffer.get(), wanted());
    if (got > object.bytes() - done)
      throw BadData("the block has more bytes than the " + std::to_string(object.bytes()) + " that it should have");
    if (got == 0)
      break;
    write_all(file, buffer.get(), got, path);
    done += got;
  }
  if (done != object.bytes())
    throw BadData("the block has " + std::to_string(done) + " bytes instead of the " + std::to_string(object.bytes()) +
                  " that it should have");
}

void give_bytes(int file, const std::string &path, std::uint64_t offset, std::uint64_t count,
                const jetcapture_visitor &visitor) {
  read_file(file, path, offset, count, [&](std::string_view bytes) { hand_on(visitor.bytes(&visitor, text(bytes))); });
}

std::array<std::uint8_t, 32> sha256_of(int file, const std::string &path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX *)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<std::uint8_t, 32> digest{};
  if (hash == nullptr || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1)
    throw Fatal("OpenSSL has no SHA-256");
  read_file(file, path, 0, UINT64_MAX,
            [&](std::string_view bytes) { EVP_DigestUpdate(hash.get(), bytes.data(), bytes.size()); });
  EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr);
  return digest;
}

} // namespace jetcapture::plugins
