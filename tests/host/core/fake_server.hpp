// A JetStream server in memory, as far as a capture can tell: one stream, and one durable consumer with explicit acks.
//
// Time is the fake clock's. Acks go by sequence alone, as with the real one: it takes an ack for whatever message is
// pending there.
#pragma once

#include "host/core/fake_clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace jetcapture::test {

struct FakeMessage {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
  std::string data = {};
  std::uint64_t deliveries = 0;        // this one included
  std::uint64_t consumer_sequence = 0; // of the last one
};

class FakeServer {
public:
  // acked: called for each message that is acked or terminated, at the moment at which it is.
  FakeServer(const FakeClock &clock, std::function<void(const FakeMessage &, bool terminated)> acked)
      : clock_(clock), acked_(std::move(acked)) {}
  // One that goes on from where the other stands, by another clock.
  FakeServer(const FakeServer &other, const FakeClock &clock, std::function<void(const FakeMessage &, bool)> acked)
      : ack_wait(other.ack_wait), max_ack_pending(other.max_ack_pending), clock_(clock), acked_(std::move(acked)),
        stream_(other.stream_), waiting_(other.waiting_), pending_(other.pending_), first_until_(other.first_until_),
        last_sequence_(other.last_sequence_), delivered_sequence_(other.delivered_sequence_),
        consumer_sequence_(other.consumer_sequence_), last_timestamp_(other.last_timestamp_),
        early_acks_(other.early_acks_), connection_(other.connection_) {}

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
  // Somebody deletes its consumer and makes it again: all is to be delivered, for the first time.
  void recreate_consumer();
  // Somebody deletes that message, acked or not.
  void remove(std::uint64_t sequence);
  // The stream's limits: the oldest go beyond that many, until one that is not acked.
  void limit(std::size_t messages);

  // Grows with each restart.
  std::uint32_t connection() const { return connection_; }
  bool has(std::uint64_t sequence, std::int64_t timestamp) const;
  // Another message than the one with that timestamp.
  bool has_other(std::uint64_t sequence, std::int64_t timestamp) const {
    return stream_.contains(sequence) && !has(sequence, timestamp);
  }
  std::uint64_t first_sequence() const { return stream_.empty() ? last_sequence_ + 1 : stream_.begin()->first; }
  std::uint64_t last_sequence() const { return last_sequence_; }
  std::uint64_t ack_floor() const;
  std::uint64_t pending() const { return pending_.size(); }
  // To be delivered, for the first time or again.
  std::uint64_t waiting() const { return waiting_.size(); }
  // Of the consumer: the last that was delivered for the first time, and how many were.
  std::uint64_t delivered_sequence() const { return delivered_sequence_; }
  std::uint64_t consumer_sequence() const { return consumer_sequence_; }
  // How many are behind the last that was delivered; how many up to it are not acked.
  std::uint64_t not_delivered() const;
  std::uint64_t not_acked() const;
  // Acks of messages that the consumer had not delivered: nats-server 2.9 delivers nothing before them any more.
  std::uint64_t early_acks() const { return early_acks_; }
  bool all_acked() const { return waiting_.empty() && pending_.empty(); }
  // The first that the stream has behind that sequence.
  std::optional<FakeMessage> next_behind(std::uint64_t sequence) const;
  // What the stream has kept.
  template <class Visit>
  void for_each(Visit &&visit) const {
    for (const auto &[sequence, stored] : stream_)
      visit(stored.message);
  }

private:
  // Neither waiting nor pending: it is acked.
  struct Stored {
    FakeMessage message;
    FakeClock::time_point until{};    // pending: of its ack_wait
    FakeClock::time_point acked_at{}; // acked
  };
  void settle(std::uint64_t sequence, bool terminated);
  void let_ack_wait_pass();
  void wait_from_now(Stored &stored);
  bool is_acked(std::uint64_t sequence) const { return !waiting_.contains(sequence) && !pending_.contains(sequence); }

  const FakeClock &clock_;
  const std::function<void(const FakeMessage &, bool)> acked_;
  std::map<std::uint64_t, Stored> stream_;
  std::set<std::uint64_t> waiting_; // to be delivered
  std::set<std::uint64_t> pending_;
  FakeClock::time_point first_until_ = FakeClock::time_point::max(); // no ack_wait ends before it
  std::uint64_t last_sequence_ = 0;
  std::uint64_t delivered_sequence_ = 0;
  std::uint64_t consumer_sequence_ = 0;
  std::int64_t last_timestamp_ = 0;
  std::uint64_t early_acks_ = 0;
  std::uint32_t connection_ = 1;
};

} // namespace jetcapture::test
