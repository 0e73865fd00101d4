#include "http/body.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace jetcapture::plugins {

namespace {

std::int64_t read_some(const jetcapture_object &object, std::uint64_t offset, char *buffer, std::size_t count) {
  if (object.descriptor < 0)
    return object.read(&object, offset, buffer, count);
  ssize_t got = 0;
  do
    got = ::pread(object.descriptor, buffer, count, static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  return got;
}

} // namespace

std::size_t Body::read(std::uint64_t offset, char *buffer, std::size_t count) const {
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - std::min(offset, size_)));
  if (object_ == nullptr) {
    text_.copy(buffer, count, static_cast<std::size_t>(offset));
    return count;
  }
  for (std::size_t done = 0; done < count;) {
    const std::int64_t got = read_some(*object_, offset_ + offset + done, buffer + done, count - done);
    if (got < 0)
      throw Retry("the block can't be read from the spool");
    if (got == 0)
      throw BadData("the block has " + std::to_string(offset_ + offset + done) + " bytes instead of the " +
                    std::to_string(object_->bytes) + " that it should have");
    done += static_cast<std::size_t>(got);
  }
  return count;
}

} // namespace jetcapture::plugins
