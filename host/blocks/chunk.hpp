// A piece of a block's bytes in memory, counted by the meter as long as it lives. Move-only.
#pragma once

#include "blocks/memory_meter.hpp"

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace jetcapture::host {

class Chunk {
public:
  Chunk() = default;
  Chunk(std::size_t capacity, MemoryMeter &meter)
      : bytes_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity), meter_(&meter) {
    meter.add(capacity);
  }
  Chunk(Chunk &&other) noexcept { swap(other); }
  Chunk &operator=(Chunk &&other) noexcept {
    Chunk taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Chunk() {
    if (meter_ != nullptr)
      meter_->subtract(capacity_);
  }

  // The same bytes in a chunk of another capacity, not below size().
  Chunk resized(std::size_t capacity, MemoryMeter &meter) const {
    Chunk copy(capacity, meter);
    if (size != 0)
      std::memcpy(copy.data(), data(), size);
    copy.size = size;
    return copy;
  }

  char *data() const { return bytes_.get(); }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {bytes_.get(), size}; }

  std::size_t size = 0;

private:
  void swap(Chunk &other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(capacity_, other.capacity_);
    std::swap(meter_, other.meter_);
    std::swap(size, other.size);
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  MemoryMeter *meter_ = nullptr;
};

} // namespace jetcapture::host
