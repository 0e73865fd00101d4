// Puts sealed blocks into the store, several at once, again and again until each is durable; then has their messages acked.
//
// A block that fails waits longer each time, others go on. Any thread may give blocks.
#pragma once

#include "capture/block.hpp"
#include "capture/counters.hpp"
#include "capture/journal.hpp"
#include "capture/shared_messages.hpp"
#include "delivery/delivery.hpp"
#include "log/log.hpp"
#include "plugins/stages.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace jetcapture::host {

class Uploader {
public:
  struct Retry {
    std::chrono::nanoseconds shortest;
    std::chrono::nanoseconds longest;
    std::chrono::nanoseconds timeout; // of one put
  };
  Uploader(const Store &store, std::uint32_t threads, Retry retry, Journal &journal, Delivery &delivery,
           SharedMessages &shared, Counters &counters, MemoryMeter &meter, Log &log);
  ~Uploader(); // waits for what is in the store's hands
  Uploader(const Uploader &) = delete;
  Uploader &operator=(const Uploader &) = delete;

  void give(std::shared_ptr<SealedBlock> block);

  // An earlier run has stored the block: acks its own messages. Its shared ones are confirmed one by one.
  void acknowledge(const UnfinishedBlock &block);
  // The acks of an order are confirmed: blocks that have no others left are done.
  void confirmed(const std::vector<std::uint64_t> &block_ids);

  // Blocks that are given and not stored.
  std::size_t unstored() const;
  // Throws CaptureError once the store has said that it can't go on.
  void check() const;
  // Begins no further put; returns the blocks that are not in the store's hands and will not be.
  std::vector<std::shared_ptr<SealedBlock>> abandon();

private:
  using Clock = std::chrono::steady_clock;
  struct Work {
    std::shared_ptr<SealedBlock> block;
    std::uint32_t attempts = 0;
    bool journaled = false;
  };

  void run(std::stop_token stop);
  void store(Work work);
  jetcapture_status put(const SealedBlock &block, std::string &location, std::string &reason);
  void acknowledge(const SealedBlock &block);
  void failed(Work work, jetcapture_status status, const std::string &reason);

  const Store &store_;
  const Retry retry_;
  Journal &journal_;
  Delivery &delivery_;
  SharedMessages &shared_;
  Counters &counters_;
  MemoryMeter &meter_;
  Log &log_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::multimap<Clock::time_point, Work> queue_; // by the time of the next attempt
  std::size_t in_hand_ = 0;
  bool abandoned_ = false;
  std::string fatal_;
  std::unordered_map<std::uint64_t, std::uint64_t> unconfirmed_; // stored blocks: how many parts of them are not acked
  Clock::time_point next_complaint_{};
  std::uint64_t quiet_failures_ = 0; // since the last complaint
  std::minstd_rand jitter_;
  std::vector<std::jthread> threads_;
};

} // namespace jetcapture::host
