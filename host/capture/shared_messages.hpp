// Messages that went into several blocks: each is acked with the block that is stored last. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace jetcapture::host {

class SharedMessages {
public:
  void add(std::uint64_t sequence, std::vector<std::uint64_t> block_ids) {
    const std::lock_guard lock(mutex_);
    messages_[sequence] = {block_ids.size(), std::move(block_ids)};
  }

  // One of its blocks is stored. The ids of all its blocks where that was the last one; else nothing.
  std::vector<std::uint64_t> stored(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    const auto found = messages_.find(sequence);
    if (found == messages_.end() || --found->second.left > 0)
      return {};
    std::vector<std::uint64_t> block_ids = std::move(found->second.block_ids);
    messages_.erase(found);
    return block_ids;
  }

private:
  struct Message {
    std::size_t left;
    std::vector<std::uint64_t> block_ids;
  };
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Message> messages_;
};

} // namespace jetcapture::host
