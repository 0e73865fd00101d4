// Looks at a running capture from outside: takes snapshots, and asks the server about the consumer now and then.
//
// The capture does not know of it; what it reads are atomics and figures that change once a block.
#pragma once

#include "blocks/spool.hpp"
#include "commit/journal.hpp"
#include "delivery/delivery.hpp"
#include "progress/counters.hpp"
#include "status/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
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
    const Journal &journal;
    const CallRecord &calls;
    // [any-thread] Told what the server says of the consumer.
    std::function<void(const Delivery::Progress &)> hear;
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
  double a_second(std::uint64_t Sample::*count) const;
  std::uint64_t lag_messages(const Delivery::Vitals &vitals) const;

  const Sources sources_;
  const HostFacts facts_;
  const Clock::time_point begin_;
  mutable std::mutex mutex_;
  std::deque<Sample> samples_; // of the last seconds, oldest first
  std::deque<Rate> history_;
  CallWatch call_watch_;
  std::vector<LongCall> calls_; // at the last tick
  Clock::time_point last_message_;
  std::int64_t caught_up_at_ = INT64_MIN; // wall clock: when nothing was left to deliver
  std::optional<Delivery::Progress> progress_;
  Clock::time_point progress_at_;
  bool answered_ = false;           // the last time it was asked
  std::uint64_t came_ = UINT64_MAX; // messages, when it was last asked
  std::uint64_t unstored_elsewhere_ = 0;
  std::optional<double> clock_behind_; // seconds, by the server's word
};

} // namespace jetcapture::host
