// Which messages left the stream before anybody captured them: its limits discarded them. Not
// every purge is known: with it the server moves the consumer on, and no gap is left.
//
// Two signs tell of them. A gap: the server passed over sequences between two messages that came here, and the stream's
// first sequence is behind them soon after; deleted single messages leave a gap too, but the stream does not begin
// behind it. And a standstill: nothing is delivered while the stream's first sequence is above what was delivered last.
//
// What a consumer filters leaves the same gaps; then it is told that messages may be lost, and nothing is counted. Of
// messages that were delivered to another host it is known by the consumer's own sequence that they are no gap.
#pragma once

#include "delivery/delivery.hpp"
#include "jetcapture/payload.h"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

namespace jetcapture::host {

class LostMessages {
public:
  // filtered: the consumer leaves out some of its stream.
  LostMessages(bool filtered, Log &log) : filtered_(filtered), log_(log) {}

  // [capture thread] Before the first message: how far the consumer is.
  void begin(const Delivery::Progress &progress);
  // [capture thread] A message has come.
  void see(const jetcapture_message &message) {
    const std::uint64_t consumed = message.consumer_sequence - last_consumer_sequence_;
    const std::uint64_t passed = message.stream_sequence - last_sequence_;
    if (message.deliveries == 1) {
      if (known_ && message.stream_sequence > last_sequence_ && consumed > redelivered_ &&
          passed > consumed - redelivered_)
        note_gap(message.stream_sequence, passed - (consumed - redelivered_));
      last_sequence_ = message.stream_sequence;
      known_ = true;
      redelivered_ = 0;
      last_consumer_sequence_ = message.consumer_sequence;
    } else {
      redelivered_++;
    }
  }

  // [any-thread] What the server says of consumer and stream.
  void hear(const Delivery::Progress &progress);

  // [any-thread] How many messages are lost.
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

private:
  // Sequences from first to last, of which so many were passed over.
  struct Gap {
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t messages;
  };
  void note_gap(std::uint64_t sequence, std::uint64_t messages);
  void judge_gaps(const Delivery::Progress &progress);
  void judge_standstill(const Delivery::Progress &progress);
  void tell(Gap gap);

  const bool filtered_;
  Log &log_;
  LineLimit lines_{10, std::chrono::minutes(1)};

  // The capture thread's: of the last message that came for the first time.
  bool known_ = false; // how far the consumer was before
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_consumer_sequence_ = 0;
  std::uint64_t redelivered_ = 0; // since then

  std::atomic<std::uint64_t> count_ = 0;
  std::mutex mutex_; // of what follows
  std::vector<Gap> gaps_;
  std::uint64_t told_up_to_ = 0;
  Delivery::Progress before_; // the last one heard
};

} // namespace jetcapture::host
