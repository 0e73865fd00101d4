// Delivery of a stream in its order, each message once, without acks: from ephemeral consumers, one after the other.
//
// A consumer is believed as long as its messages come without a gap in its own count, and as its heartbeats tell of no
// more. In doubt (a gap, no heartbeat, a reconnect, another leader, a consumer that is gone) the next one begins behind
// the last message that was given, once the stream has shown that it is still the one that this message came from.
//
// Two connections: one makes consumers and pulls, so that its server knows the consumer when it is pulled; the other
// asks about the stream, so that answers never wait behind messages.
#pragma once

#include "delivery/delivery.hpp"
#include "log/line_limit.hpp"
#include "nats/connection.hpp"
#include "nats/consumer.hpp"
#include "nats/current_message.hpp"
#include "nats/ephemeral_consumer.hpp"
#include "nats/jetstream.hpp"
#include "nats/ordered_position.hpp"
#include "nats/pull_refusals.hpp"
#include "nats/puller.hpp"
#include "threads/mutex.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace jetcapture::host {

// Where an ordered delivery begins and ends.
struct OrderedRange {
  std::uint64_t after = 0;          // gives what the stream has behind that sequence
  std::uint64_t last = UINT64_MAX;  // up to that one
  std::uint64_t stream_ends_at = 0; // the last sequence of the stream when it was looked at
  std::int64_t after_timestamp = 0; // of the message `after`; 0: not known
};

// The range behind that sequence, as the stream is now. Without the permission to read messages less is known. Throws
// ApiError, NoAnswer.
OrderedRange range_behind(JetStream &jetstream, const std::string &stream, std::uint64_t after);

class OrderedConsumerDelivery final : public OrderedDelivery {
public:
  // Asks nothing: a server that is away is waited for. The connections and what else is referred to outlive it.
  // consumer: as bind_ordered() gave it.
  OrderedConsumerDelivery(Connection &pulls, Connection &asks, JetStream &jetstream, const ConsumerFacts &consumer,
                          const OrderedRange &range, const Settings &settings, Log &log,
                          std::chrono::nanoseconds inactive_threshold = usual_inactive_threshold);
  // Deletes the consumer, without waiting for an answer.
  ~OrderedConsumerDelivery() override;

  // Throws DeliveryError too where the stream is gone, is another one, or has lost its end. The consumer that a message
  // names is the capture.
  bool next(jetcapture_message &message, std::chrono::milliseconds wait) override;
  std::uint32_t connection() const override { return 1; } // nothing is acked that could be of another time
  bool has(std::uint64_t sequence, std::int64_t timestamp) override;
  void stop_pulling() override;
  std::uint64_t give_back_rest() override;
  Coverage coverage() const override { return facts_.coverage; }
  // Delivered is what the server has delivered, as with acks: some of it may wait here. Never throws.
  std::optional<Progress> progress(std::chrono::milliseconds timeout) override;
  Vitals vitals() const override;
  std::uint64_t last_sequence_at_start() const override { return last_sequence_at_start_; }
  std::optional<Kept> keeps_behind(std::uint64_t sequence, std::chrono::milliseconds timeout) override;
  void stored_up_to(std::uint64_t sequence, std::uint64_t in_flight) override;
  std::uint64_t last_sequence() const override { return last_; }
  bool has_reached_end() const override { return reached_end_.load(std::memory_order_relaxed); }

private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t unknown = UINT64_MAX;

  // What the server has delivered, in the terms of Progress.
  struct Position {
    std::uint64_t sequence = 0;
    std::uint64_t deliveries = 1;
    std::uint64_t pending = 0; // in the stream, behind it
  };

  MessagePtr take(std::chrono::milliseconds wait);
  bool is_in_doubt();
  void abandon(const std::string &reason);
  bool begin_consumer(std::chrono::milliseconds wait);
  void make_consumer();
  void check_stream(const nlohmann::json &info);
  bool has_one_of_the_last();
  void refuse_stream(const std::string &sentence);
  void look_for_end();
  void postpone(const std::string &reason);
  void note_sign_of_life();
  std::optional<std::int64_t> ask_for_timestamp(std::uint64_t sequence);
  std::optional<std::int64_t> ask_for_what_is_there();
  Position position_on_server(std::chrono::milliseconds timeout);
  void end_at_last(Position &position, StreamState &stream) const;

  Connection &pulls_;
  Connection &asks_;
  JetStream &jetstream_;
  JetStream creates_; // by the connection that pulls
  const ConsumerFacts facts_;
  const Settings &settings_;
  Log &log_;
  const std::chrono::nanoseconds inactive_threshold_;
  const std::uint64_t last_; // nothing behind it is given
  std::atomic<bool> reached_end_ = false;
  std::atomic<std::uint64_t> stream_ends_at_{0}; // as it was told last
  Clock::time_point next_look_for_end_{};
  const std::uint64_t last_sequence_at_start_;
  std::atomic<bool> may_read_stream_ = true;
  std::atomic<bool> is_removed_when_delivered_ = false; // the stream's retention was edited

  CurrentMessage current_;
  OrderedPosition position_;
  SharedPosition given_;
  KnownMessage known_;                     // the last that was given, or that the stream had where the delivery began
  std::array<KnownMessage, 8> last_known_; // that were given, in a ring
  bool stopped_ = false;
  bool is_proven_ = false; // something has come from this consumer
  Clock::time_point made_;
  std::uint64_t made_on_ = 0; // after so many reconnects
  // Since something has come from a consumer: consumers that were abandoned, and attempts to make one that failed.
  int failures_ = 0;
  // Looks at the stream that speak against going on, since the last that did not.
  int refusals_ = 0;
  Clock::time_point first_refusal_;
  Clock::time_point not_before_; // is the next consumer made
  std::string abandoned_for_;    // empty: no consumer was abandoned
  LineLimit consumer_lines_{3, std::chrono::minutes(1)};
  LineLimit failure_lines_{3, std::chrono::minutes(1)};

  std::atomic<std::uint64_t> not_delivered_{unknown}; // as the last message said
  std::atomic<std::uint64_t> stored_;
  std::atomic<std::uint64_t> in_flight_{0};
  PullRefusals pull_refusals_;

  // The capture thread alone changes the two pointers, with the lock; it reads them without.
  mutable Mutex mutex_;
  std::unique_ptr<EphemeralConsumer> consumer_;
  std::unique_ptr<Puller> puller_;
  std::int64_t given_before_consumer_ GUARDED_BY(mutex_) = 0; // less by what came of it a second time
  Position told_ GUARDED_BY(mutex_);
  std::uint64_t earlier_pulls_ GUARDED_BY(mutex_) = 0;
  std::string trouble_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
