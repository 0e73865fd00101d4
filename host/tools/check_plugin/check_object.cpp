#include "tools/check_plugin/check_object.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <openssl/evp.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace jetcapture::host {
namespace {

constexpr std::int64_t time_to_put = 60'000'000'000;

int unnamed_file(const std::string &folder, const std::string &content) {
  const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0)
    throw std::system_error(errno, std::generic_category(), "a temporary file can't be made in " + folder);
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t wrote = ::write(descriptor, content.data() + done, content.size() - done);
    if (wrote < 0)
      throw std::system_error(errno, std::generic_category(), "a temporary file can't be written in " + folder);
    done += static_cast<std::size_t>(wrote);
  }
  ::lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

} // namespace

std::int64_t monotonic_now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

CheckObject::CheckObject(std::string name, std::string content, Place place, const std::string &folder)
    : name_(std::move(name)), content_(std::move(content)), metadata_{{{"stream", 6}, {"ORDERS", 6}}}, interface_{} {
  jetcapture_object &object = interface_.object;
  interface_.owner = this;
  object.size = sizeof object;
  object.descriptor = place == Place::file ? unnamed_file(folder, content_) : -1;
  object.name = {name_.data(), name_.size()};
  object.bytes = content_.size();
  unsigned size = 0;
  EVP_Digest(content_.data(), content_.size(), object.sha256, &size, EVP_sha256(), nullptr);
  object.content_type = "application/octet-stream";
  object.content_encoding = "";
  object.metadata = metadata_;
  object.metadata_count = 1;
  object.deadline = monotonic_now() + time_to_put;
  object.read = &CheckObject::read;
}

CheckObject::~CheckObject() {
  if (interface_.object.descriptor >= 0)
    ::close(interface_.object.descriptor);
}

std::int64_t CheckObject::file_offset() const {
  return interface_.object.descriptor < 0 ? 0 : ::lseek(interface_.object.descriptor, 0, SEEK_CUR);
}

std::int64_t CheckObject::read(const jetcapture_object *object, std::uint64_t offset, void *buffer,
                               std::uint64_t count) {
  const CheckObject &self = *reinterpret_cast<const Interface *>(object)->owner;
  if (self.on_read && !self.on_read(offset)) {
    errno = EIO;
    return -1;
  }
  if (offset >= self.content_.size())
    return 0;
  const std::uint64_t size = std::min<std::uint64_t>(count, self.content_.size() - offset);
  std::memcpy(buffer, self.content_.data() + offset, static_cast<std::size_t>(size));
  return static_cast<std::int64_t>(size);
}

} // namespace jetcapture::host
