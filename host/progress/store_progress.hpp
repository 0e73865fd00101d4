// The way of blocks from their seal into the store: which are under way, what the store says, what was stored last.
//
// Noted once a block, never once a message. Any thread.
#pragma once

#include "blocks/block.hpp"
#include "threads/mutex.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace jetcapture::host {

class StoreProgress {
public:
  // Upper bounds of the buckets of how long a put takes, in seconds; one more bucket has the rest.
  static constexpr std::array<double, 15> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                    0.5,   1,      2.5,   5,    10,    30,   60};
  struct Stored {
    std::string name = {};
    std::string location = {}; // as the store tells it; may be empty
    std::string reason = {};   // why it was sealed
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::int64_t time = 0; // nanoseconds since 1970
  };

  void sealed(const SealedBlock &block);
  void begins(std::uint64_t id);
  void stored(const SealedBlock &block, std::string location, std::chrono::nanoseconds took);
  // Why a block was not stored.
  enum class Failure {
    store,   // its put failed
    refused, // and someone has to act before it can work
    journal  // the journal can't be written: this says nothing of the store
  };
  // id: of the block that waits for it; 0: none does. reason: of the store; one of the journal is told by the journal.
  void failed(std::uint64_t id, Failure why, std::string reason);
  // It was not a block that failed, and it has worked since.
  void works_again();

  struct Snapshot {
    std::array<std::uint64_t, seal_reasons> sealed_by_reason{};
    std::uint64_t waiting = 0;                                  // sealed, not in the store's hands
    std::uint64_t storing = 0;                                  // in its hands
    std::uint64_t retrying = 0;                                 // of both: have failed before
    std::uint64_t delayed = 0;                                  // of both: an outage has kept them from being stored
    std::uint64_t refused = 0;                                  // of them: someone has to act
    bool failing = false;                                       // a put has failed, and none has worked since
    std::string reason;                                         // of the last failure, while failing or refused
    std::int64_t oldest_timestamp = INT64_MAX;                  // of a message in them; INT64_MAX: there are none
    Clock::time_point oldest_opened = Clock::time_point::max(); // when the first of them was opened
    std::array<std::uint64_t, bounds.size() + 1> took{};        // puts by their bucket
    double took_seconds = 0;                                    // together
    std::deque<Stored> last;                                    // newest first
  };
  Snapshot snapshot() const;
  // Of the blocks under way, by their start.
  std::set<std::int64_t> unstored_intervals() const;

private:
  struct UnderWay {
    std::int64_t first_timestamp;
    std::int64_t interval_start;
    Clock::time_point opened;
    bool storing = false;
    bool failed = false;
    bool delayed = false;
    bool refused = false;
  };

  // by: 1 or -1.
  void count(const UnderWay &block, int by) NEEDS_LOCK(mutex_);
  void delay_all() NEEDS_LOCK(mutex_);

  mutable Mutex mutex_;
  std::map<std::uint64_t, UnderWay> under_way_ GUARDED_BY(mutex_);  // by block id: in the order of opening
  std::multiset<std::int64_t> first_timestamps_ GUARDED_BY(mutex_); // of those under way
  bool outage_ GUARDED_BY(mutex_) = false; // a block has failed, whatever the cause, and none was stored since
  Snapshot now_ GUARDED_BY(mutex_);        // but for the oldest
};

} // namespace jetcapture::host
