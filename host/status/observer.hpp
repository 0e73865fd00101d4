// Looks at a running capture from outside: takes snapshots, and asks the server about the consumer now and then.
//
// The capture does not know of it; what it reads are atomics and figures that change once a block.
#pragma once

#include "blocks/spool.hpp"
#include "commit/journal.hpp"
#include "delivery/delivery.hpp"
#include "progress/counters.hpp"
#include "progress/totals.hpp"
#include "status/snapshot.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace jetcapture::host {

class Observer {
public:
  // All that is referred to outlives it.
  struct Sources {
    const Counters &counters;
    Delivery &delivery;
    const Spool &spool;
    const Journal *journal; // nullptr: there is none
    const CallRecord &calls;
    // [any-thread] Told what the server says of the consumer.
    std::function<void(const Delivery::Progress &)> hear;
    Totals before = {}; // what captures before this one have counted in this process
  };
  Observer(Sources sources, HostFacts facts);

  // [any-thread] [may block] Asks the server how the consumer is, for timeout at most.
  void ask_server(std::chrono::milliseconds timeout);
  // [any-thread] Notes how far the capture is: once a second, for rates and for how long nothing has come.
  void tick();
  // [any-thread]
  Snapshot look() const;

  // Messages a second over the last five minutes, oldest first.
  struct Rate {
    std::int64_t time = 0; // nanoseconds since 1970
    double messages_per_second = 0;
  };
  // [any-thread]
  std::vector<Rate> history() const;

private:
  using Clock = std::chrono::steady_clock;
  struct Sample {
    Clock::time_point at;
    std::uint64_t messages;
    std::uint64_t bytes;
  };
  mutable Mutex mutex_;
  void read_counters(Snapshot &snapshot) const;
  void add_what_was_seen(Snapshot &snapshot, Clock::time_point now) const;
  double a_second(std::uint64_t Sample::*count) const NEEDS_LOCK(mutex_);
  std::uint64_t lag_messages(const Delivery::Vitals &vitals) const NEEDS_LOCK(mutex_);

  const Sources sources_;
  const HostFacts facts_;
  const Clock::time_point begin_;
  std::deque<Sample> samples_ GUARDED_BY(mutex_); // of the last seconds, oldest first
  std::deque<Rate> history_ GUARDED_BY(mutex_);
  CallWatch call_watch_ GUARDED_BY(mutex_);
  std::vector<LongCall> calls_ GUARDED_BY(mutex_); // at the last tick
  Clock::time_point last_message_ GUARDED_BY(mutex_);
  std::int64_t caught_up_at_ GUARDED_BY(mutex_) = INT64_MIN; // wall clock: when nothing was left to deliver
  std::optional<Delivery::Progress> progress_ GUARDED_BY(mutex_);
  Clock::time_point progress_at_ GUARDED_BY(mutex_);
  bool answered_ GUARDED_BY(mutex_) = false;           // the last time it was asked
  std::uint64_t came_ GUARDED_BY(mutex_) = UINT64_MAX; // messages, when it was last asked
  std::uint64_t unstored_elsewhere_ GUARDED_BY(mutex_) = 0;
  std::optional<double> clock_behind_ GUARDED_BY(mutex_); // seconds, by the server's word
};

} // namespace jetcapture::host
