#include "store/memory_object.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <utility>

#include <openssl/evp.h>

namespace jetcapture::host {

MemoryObject::MemoryObject(std::string name, std::string bytes, std::uint32_t flags, std::chrono::nanoseconds timeout,
                           const char *content_type)
    : name_(std::move(name)), bytes_(std::move(bytes)) {
  interface_.owner = this;
  jetcapture_object &object = interface_.object;
  object.size = sizeof object;
  object.flags = flags;
  object.name = {name_.data(), name_.size()};
  object.bytes = bytes_.size();
  EVP_Digest(bytes_.data(), bytes_.size(), object.sha256, nullptr, EVP_sha256(), nullptr);
  object.content_type = content_type;
  object.content_encoding = "";
  object.descriptor = -1;
  object.deadline = deadline_in(timeout);
  object.read = &read;
}

std::int64_t MemoryObject::read(const jetcapture_object *object, std::uint64_t offset, void *buffer,
                                std::uint64_t count) {
  const std::string &bytes = reinterpret_cast<const Interface *>(object)->owner->bytes_;
  if (offset >= bytes.size())
    return 0;
  const std::uint64_t size = std::min<std::uint64_t>(count, bytes.size() - offset);
  std::memcpy(buffer, bytes.data() + offset, static_cast<std::size_t>(size));
  return static_cast<std::int64_t>(size);
}

std::int64_t deadline_in(std::chrono::nanoseconds timeout) {
  std::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec + timeout.count();
}

} // namespace jetcapture::host
