// Messages that went into several blocks: each is acked with the block that is stored last. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace jetcapture::host {

class SharedMessages {
public:
  void add(std::uint64_t sequence, std::uint32_t blocks) {
    const std::lock_guard lock(mutex_);
    blocks_left_[sequence] = blocks;
  }

  // One of its blocks is stored. True: it was the last one.
  bool stored(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_left_.find(sequence);
    if (found == blocks_left_.end() || --found->second > 0)
      return false;
    blocks_left_.erase(found);
    return true;
  }

private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint32_t> blocks_left_;
};

} // namespace jetcapture::host
