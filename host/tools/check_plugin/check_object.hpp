// A block as a checked store gets it: in a file or in memory, and with defects where a check wants them.
#pragma once

#include "jetcapture/store.h"

#include <cstdint>
#include <functional>
#include <string>

namespace jetcapture::host {

class CheckObject {
public:
  enum class Place { memory, file };
  // In a file: one in folder, without a name.
  CheckObject(std::string name, std::string content, Place place, const std::string &folder);
  ~CheckObject();
  CheckObject(const CheckObject &) = delete;
  CheckObject &operator=(const CheckObject &) = delete;

  const jetcapture_object *c_object() const { return &interface_.object; }
  const std::string &name() const { return name_; }
  const std::string &content() const { return content_; }

  // Says that it has more bytes than can be read.
  void pretend(std::uint64_t bytes) { interface_.object.bytes = bytes; }
  void create_only() { interface_.object.flags = JETCAPTURE_CREATE_ONLY; }
  void spoil_hash() { interface_.object.sha256[0] ^= 1; }
  void set_deadline(std::int64_t monotonic) { interface_.object.deadline = monotonic; }
  // Called with each read() of the object, before it; returns false where the read has to fail.
  std::function<bool(std::uint64_t offset)> on_read;
  // The place in the file that the next plain read() would have; of memory 0.
  std::int64_t file_offset() const;

private:
  struct Interface {
    jetcapture_object object; // first: a pointer to it is a pointer to this
    const CheckObject *owner;
  };
  static std::int64_t read(const jetcapture_object *object, std::uint64_t offset, void *buffer, std::uint64_t count);

  std::string name_;
  std::string content_;
  jetcapture_pair metadata_[1];
  Interface interface_;
};

// CLOCK_MONOTONIC, in nanoseconds.
std::int64_t monotonic_now();

} // namespace jetcapture::host
