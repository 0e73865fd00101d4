// Blocks that an earlier run had stored, and whose messages are not all known to be acked: what they hold is not
// written again.
//
// Any thread; a lock of its own, which messages take only while there are such blocks.
#pragma once

#include "commit/journal.hpp"
#include "jetcapture/payload.h"
#include "threads/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jetcapture::host {

class EarlierBlocks {
public:
  // generation: of its messages, see Era.
  void add(const UnfinishedBlock &block, std::uint32_t generation);

  // The message is in one of them, alone.
  bool has_whole(std::uint64_t sequence, std::int64_t timestamp, std::uint32_t generation) const;
  // What the message gives for that interval and key (encoded) is in one of them.
  bool has_part(std::uint64_t sequence, std::int64_t timestamp, std::int64_t interval_start,
                std::string_view key) const;

  // Each gives the blocks that have nothing left to ack.
  //
  // All messages that are in that block alone are acked, or known to be others now.
  std::vector<std::uint64_t> settled(std::uint64_t block);
  // That message is acked.
  std::vector<std::uint64_t> acked(std::uint64_t sequence);
  // All messages up to that sequence are acked.
  std::vector<std::uint64_t> acked_up_to(std::uint64_t sequence);

  std::size_t size() const { return count_.load(std::memory_order_relaxed); }
  // The lowest generation of any of them; UINT32_MAX: there is none.
  std::uint32_t oldest_generation() const;

private:
  struct Part {
    std::uint64_t block;
    std::int64_t newest; // of the block: a message that is newer is another one
  };
  // The parts of one message by interval and key, of which it may have many.
  using Parts = std::multimap<std::pair<std::int64_t, std::string>, Part>;
  struct Left {
    std::uint64_t last_sequence = 0;
    bool own = false;
    std::set<std::uint64_t> shared;
    bool none() const { return !own && shared.empty(); }
  };
  // Those of them that have nothing left.
  std::vector<std::uint64_t> take_finished(const std::vector<std::uint64_t> &blocks) NEEDS_LOCK(mutex_);

  mutable Mutex mutex_;
  std::atomic<std::size_t> count_ = 0;
  // By generation: a sequence may be of several messages.
  std::map<std::uint32_t, StoredSequences> whole_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Parts> parts_ GUARDED_BY(mutex_); // by sequence
  std::map<std::uint64_t, Left> left_ GUARDED_BY(mutex_);             // by block
};

} // namespace jetcapture::host
