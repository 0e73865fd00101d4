// Puts sealed blocks into the store, several at once, again and again until each is durable.
//
// A block that fails waits longer each time, others go on. When the store works again after an outage, all that waits
// is tried at once. Any thread may give blocks.
#pragma once

#include "blocks/block.hpp"
#include "blocks/clock.hpp"
#include "commit/committer.hpp"
#include "log/log.hpp"
#include "plugins/stages.hpp"
#include "progress/counters.hpp"
#include "store/store_calls.hpp"
#include "store/store_retry.hpp"
#include "threads/mutex.hpp"
#include "threads/worker_threads.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace jetcapture::host {

class Uploader {
public:
  using Retry = StoreRetry;
  // The committer is asked before the first put of a block, and told of each block that is durable. All outlive it.
  Uploader(const Store &store, std::uint32_t threads, Retry retry, Committer &committer, Counters &counters,
           const MemoryMeter &meter, Log &log);
  ~Uploader() = default; // waits for what is in the store's hands
  Uploader(const Uploader &) = delete;
  Uploader &operator=(const Uploader &) = delete;

  void give(std::shared_ptr<SealedBlock> block);

  // Blocks that are given and not stored.
  std::size_t unstored() const;
  // Throws CaptureError once the store has said that it can't go on, or that a block's bytes are damaged: then nothing
  // more is put, and abandon() has all that is not stored.
  void check() const;
  // Begins no further put. The messages of the blocks that are not in the store's hands and will not be.
  std::vector<SequenceList> abandon();

private:
  using Time = std::chrono::steady_clock;
  struct Work {
    std::shared_ptr<SealedBlock> block;
    std::uint32_t attempts = 0;
    bool asked = false;              // the committer
    bool alone = false;              // failed while others were stored: the end of an outage does not concern it
    std::uint64_t stored_before = 0; // blocks that were stored when it was tried last
  };

  void run(const std::stop_token &stop);
  void store(Work work);
  StoreAnswer put(const SealedBlock &block, std::string &location);
  void succeeded(const Work &work, std::string location, std::chrono::nanoseconds took);
  void failed(Work work, const StoreAnswer &answer);
  void gave_up(Work work, const StoreAnswer &answer);
  void wait_and_try_again(Work work, bool someone_has_to_act, const std::string &reason);
  void keep(Work work, Time::time_point next_attempt) NEEDS_LOCK(mutex_);
  std::chrono::nanoseconds pause_before(std::uint32_t attempt, bool someone_has_to_act) NEEDS_LOCK(mutex_);

  const Store &store_;
  const Retry retry_;
  Committer &committer_;
  Counters &counters_;
  const MemoryMeter &meter_;
  Log &log_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::multimap<Time::time_point, Work> queue_ GUARDED_BY(mutex_); // by the time of the next attempt
  std::size_t in_hand_ GUARDED_BY(mutex_) = 0;
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::string fatal_ GUARDED_BY(mutex_);
  std::uint64_t stored_ GUARDED_BY(mutex_) = 0; // blocks
  bool failing_ GUARDED_BY(mutex_) = false;     // one has failed, and none was stored since
  std::size_t failed_ GUARDED_BY(mutex_) = 0;   // blocks that have failed and are not stored
  bool outage_told_ GUARDED_BY(mutex_) = false;
  Time::time_point next_complaint_ GUARDED_BY(mutex_){};
  std::uint64_t quiet_failures_ GUARDED_BY(mutex_) = 0; // since the last complaint
  std::minstd_rand jitter_ GUARDED_BY(mutex_);
  WorkerThreads threads_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
