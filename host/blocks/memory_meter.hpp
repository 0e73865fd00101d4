// How many bytes of blocks are in memory now: open buffers, chunks on their way, finished bytes that are not in the
// spool.
//
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace jetcapture::host {

class MemoryMeter {
public:
  explicit MemoryMeter(std::uint64_t limit) : limit_(limit) {}
  void add(std::uint64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void subtract(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }
  bool above_limit() const { return used() > limit_; }

private:
  std::atomic<std::uint64_t> used_{0};
  const std::uint64_t limit_;
};

} // namespace jetcapture::host
