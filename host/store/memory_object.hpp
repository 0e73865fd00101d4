// An object of bytes in memory, as a store is given it.
#pragma once

#include "jetcapture/store.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace jetcapture::host {

class MemoryObject {
public:
  // flags: of jetcapture_object. timeout: from now on, what the put may take. content_type: a constant.
  MemoryObject(std::string name, std::string bytes, std::uint32_t flags, std::chrono::nanoseconds timeout,
               const char *content_type = "application/octet-stream");
  MemoryObject(const MemoryObject &) = delete;
  MemoryObject &operator=(const MemoryObject &) = delete;

  const jetcapture_object &c_object() const { return interface_.object; }
  const std::string &name() const { return name_; }
  const std::string &bytes() const { return bytes_; }

private:
  struct Interface {
    jetcapture_object object; // first: a pointer to it is a pointer to this
    const MemoryObject *owner;
  };
  static std::int64_t read(const jetcapture_object *object, std::uint64_t offset, void *buffer, std::uint64_t count);

  const std::string name_;
  const std::string bytes_;
  Interface interface_{};
};

// CLOCK_MONOTONIC so long from now, in nanoseconds: a jetcapture_object's deadline.
std::int64_t deadline_in(std::chrono::nanoseconds timeout);

} // namespace jetcapture::host
