#include "blocks/block_output.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

constexpr std::size_t first_capacity = 512;
// What one compressor works on at a time: larger gains nothing in size, smaller costs ratio.
constexpr std::size_t chunk_capacity = 256 << 10;
constexpr std::uint64_t largest_need = 1u << 30;

} // namespace

BlockOutput::BlockOutput(MemoryMeter &meter)
    : meter_(meter), interface_{{sizeof(jetcapture_out), 0, nullptr, nullptr, &BlockOutput::more}, this} {}

void BlockOutput::make_current(Chunk chunk) {
  current_ = std::move(chunk);
  interface_.out.cursor = current_.data() + current_.size;
  interface_.out.end = current_.data() + current_.capacity();
}

// As numbers: the writer may have put anything there.
bool BlockOutput::cursor_is_inside() const {
  const auto begin = reinterpret_cast<std::uintptr_t>(current_.data());
  const auto cursor = reinterpret_cast<std::uintptr_t>(interface_.out.cursor);
  return cursor >= begin && cursor - begin <= current_.capacity() &&
         reinterpret_cast<std::uintptr_t>(interface_.out.end) == begin + current_.capacity();
}

bool BlockOutput::kept_its_place(std::uint64_t before) {
  if (!cursor_is_inside() || bytes() < before)
    left_its_place_ = true;
  return !left_its_place_;
}

jetcapture_status BlockOutput::more(jetcapture_out *out, std::uint64_t need) {
  BlockOutput &self = *reinterpret_cast<Interface *>(out)->owner;
  if (need > largest_need)
    return JETCAPTURE_BAD_DATA;
  Chunk &current = self.current_;
  if (!self.cursor_is_inside()) {
    self.left_its_place_ = true;
    self.make_current(std::move(current));
    return JETCAPTURE_FATAL;
  }
  current.size = self.current_size();
  const std::size_t wanted = current.size + static_cast<std::size_t>(need);
  if (wanted <= chunk_capacity) {
    self.make_current(current.resized(
        std::max({first_capacity, std::min(2 * current.capacity(), chunk_capacity), wanted}), self.meter_));
    return JETCAPTURE_OK;
  }
  if (current.size > 0) {
    self.full_bytes_ += current.size;
    self.full_.push_back(std::move(current));
  }
  self.make_current(Chunk(std::max(chunk_capacity, static_cast<std::size_t>(need)), self.meter_));
  return JETCAPTURE_OK;
}

void BlockOutput::rollback(std::uint64_t bytes) {
  while (!full_.empty() && bytes < taken_ + full_bytes_) {
    full_bytes_ -= full_.back().size;
    make_current(std::move(full_.back()));
    full_.pop_back();
  }
  interface_.out.cursor = current_.data() + (bytes - taken_ - full_bytes_);
  interface_.out.end = current_.data() + current_.capacity();
}

std::vector<Chunk> BlockOutput::take(bool rest) {
  std::vector<Chunk> chunks = std::move(full_);
  full_.clear();
  taken_ += full_bytes_;
  full_bytes_ = 0;
  if (rest && current_size() > 0) {
    current_.size = current_size();
    taken_ += current_.size;
    chunks.push_back(std::move(current_));
    make_current(Chunk());
  }
  return chunks;
}

} // namespace jetcapture::host
