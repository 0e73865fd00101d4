// A JetStream server in memory, as far as a capture can tell: one stream, and one durable consumer with explicit acks.
//
// Time is the fake clock's. Acks go by sequence alone, as with the real one: it takes an ack for whatever message is
// pending there.
#pragma once

#include "host/core/fake_clock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace jetcapture::test {

struct FakeMessage {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
  std::string data = {};
};

class FakeServer {
public:
  // acked: called for each message that is acked or terminated, at the moment at which it is.
  FakeServer(const FakeClock &clock, std::function<void(const FakeMessage &, bool terminated)> acked)
      : clock_(clock), acked_(std::move(acked)) {}
  // One that goes on from where the other stands, by another clock.
  FakeServer(const FakeServer &other, const FakeClock &clock, std::function<void(const FakeMessage &, bool)> acked)
      : ack_wait(other.ack_wait), max_ack_pending(other.max_ack_pending), clock_(clock), acked_(std::move(acked)),
        stream_(other.stream_), last_timestamp_(other.last_timestamp_), delivered_(other.delivered_),
        connection_(other.connection_) {}

  std::chrono::nanoseconds ack_wait = std::chrono::seconds(30);
  std::uint64_t max_ack_pending = 1000;

  void publish(std::string data = {});
  // The next message that is to be delivered; it is pending then. nullopt: there is none, or too many are pending.
  std::optional<FakeMessage> deliver();
  void ack(std::uint64_t sequence) { settle(sequence, false); }
  void terminate(std::uint64_t sequence) { settle(sequence, true); }
  void give_back(std::uint64_t sequence);
  void keep_alive(std::uint64_t sequence);
  // It is killed and comes again: acks that it took since then are forgotten, and the last messages are lost.
  void restart(std::chrono::nanoseconds acks_forgotten, std::uint64_t messages_lost);

  // Grows with each restart.
  std::uint32_t connection() const { return connection_; }
  bool has(std::uint64_t sequence, std::int64_t timestamp) const;
  std::uint64_t last_sequence() const { return stream_.empty() ? 0 : stream_.rbegin()->first; }
  std::uint64_t ack_floor() const;
  std::uint64_t pending() const;
  // The last message that was delivered for the first time; how many are behind it; how many up to it are not acked.
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t not_delivered() const;
  std::uint64_t not_acked() const;
  bool all_acked() const;
  // What the stream has kept.
  template <class Visit>
  void for_each(Visit &&visit) const {
    for (const auto &[sequence, stored] : stream_)
      visit(stored.message);
  }

private:
  enum class State { waiting, pending, acked };
  struct Stored {
    FakeMessage message;
    State state = State::waiting;
    FakeClock::time_point until{};    // pending: of its ack_wait
    FakeClock::time_point acked_at{}; // acked
  };
  void settle(std::uint64_t sequence, bool terminated);
  void let_ack_wait_pass();

  const FakeClock &clock_;
  const std::function<void(const FakeMessage &, bool)> acked_;
  std::map<std::uint64_t, Stored> stream_;
  std::int64_t last_timestamp_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint32_t connection_ = 1;
};

} // namespace jetcapture::test
