// Where ordered delivery stands in its stream, and what speaks against its consumer, or against the stream: pure logic.
#pragma once

#include "nats/consumer.hpp"
#include "nats/puller.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace jetcapture::host {

class OrderedPosition {
public:
  // Nothing up to that sequence is given.
  explicit OrderedPosition(std::uint64_t after) : last_(after) {}

  // The next message comes from a new consumer, which counts its deliveries from 1.
  void begin_consumer() { seen_ = 0; }

  enum class Verdict {
    next, // counts as given now
    old,  // it was given already
    lost  // messages of the consumer before it are missing: the consumer is of no use any more
  };
  Verdict see(std::uint64_t consumer_sequence, std::uint64_t stream_sequence) {
    if (consumer_sequence != seen_ + 1)
      return Verdict::lost;
    seen_++;
    if (stream_sequence <= last_)
      return Verdict::old;
    last_ = stream_sequence;
    given_++;
    return Verdict::next;
  }
  // Whether the consumer has delivered more than has come. Holds once nothing of it waits to be seen any more.
  bool has_lost_tail(const std::optional<Delivered> &heartbeat) const {
    return heartbeat && heartbeat->consumer_sequence > seen_;
  }

  std::uint64_t last() const { return last_; }
  std::uint64_t given() const { return given_; }
  std::uint64_t seen() const { return seen_; } // of the consumer, old messages too

private:
  std::uint64_t last_;
  std::uint64_t given_ = 0;
  std::uint64_t seen_ = 0;
};

// What was given last, written by one thread for each message and read now and then by others: the two numbers always
// belong together.
class SharedPosition {
public:
  struct Value {
    std::uint64_t sequence = 0;
    std::uint64_t count = 0;
  };

  explicit SharedPosition(std::uint64_t after) : sequence_(after) {}
  void publish(std::uint64_t sequence, std::uint64_t count) {
    begun_.store(count, std::memory_order_relaxed);
    sequence_.store(sequence, std::memory_order_release); // who sees it sees that it has begun
    count_.store(count, std::memory_order_release);
  }
  Value read() const {
    while (true) {
      const std::uint64_t count = count_.load(std::memory_order_acquire);
      const std::uint64_t sequence = sequence_.load(std::memory_order_acquire);
      if (begun_.load(std::memory_order_relaxed) == count)
        return {sequence, count};
    }
  }

private:
  std::atomic<std::uint64_t> begun_{0}; // as count_, before the sequence is written
  std::atomic<std::uint64_t> sequence_;
  std::atomic<std::uint64_t> count_{0};
};

// A message that the stream had.
struct KnownMessage {
  std::uint64_t sequence = 0; // 0: none is known
  std::int64_t timestamp = 0; // nanoseconds since 1970; 0: not known
};

// What a stream is, compared with what was read of it.
enum class Continuity { same, lost_its_end, another };
// created: of the stream that was read. there: the timestamp that the stream has now at the known message's sequence,
// or, where it has none there, that of a message before it which is newer; nullopt: none, or it can't be asked. One
// that was deleted alone says nothing.
Continuity continuity_of(const KnownMessage &known, const std::string &created, const StreamState &now,
                         std::optional<std::int64_t> there);

} // namespace jetcapture::host
