// What a request sends: text, or a piece of a block that is read as it goes out.
#pragma once

#include "jetcapture/plugin.hpp"

#include <cstdint>
#include <string>

namespace jetcapture::plugins {

class Body {
public:
  Body() = default;
  explicit Body(std::string text) : text_(std::move(text)), size_(text_.size()) {}
  // The object has to outlive the body.
  Body(const Object &object, std::uint64_t offset, std::uint64_t size)
      : object_(&object.raw()), offset_(offset), size_(size) {}

  std::uint64_t size() const { return size_; }
  // Up to count bytes from offset of the body; fewer than asked for only at its end. Throws Retry when they can't be
  // read, and BadData when the block has fewer than it should have.
  std::size_t read(std::uint64_t offset, char *buffer, std::size_t count) const;

private:
  std::string text_;
  const jetcapture_object *object_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
};

} // namespace jetcapture::plugins
