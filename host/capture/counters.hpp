// What a capture has done so far. Any thread adds, any thread reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace jetcapture::host {

struct Counters {
  std::atomic<std::uint64_t> messages{0}; // taken: written, filtered or quarantined; copies are not counted
  std::atomic<std::uint64_t> copies{0};   // came again while held, and were dropped
  std::atomic<std::uint64_t> filtered{0}; // gave no item
  std::atomic<std::uint64_t> quarantined{0};
  std::atomic<std::uint64_t> terminated{0};
  std::atomic<std::uint64_t> acked{0}; // confirmed
  std::atomic<std::uint64_t> blocks_stored{0};
  std::atomic<std::uint64_t> bytes_written{0}; // of stored blocks, before compression
  std::atomic<std::uint64_t> bytes_stored{0};
  std::atomic<std::uint64_t> store_failures{0};
};

} // namespace jetcapture::host
