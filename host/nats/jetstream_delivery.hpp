// Delivery from a durable pull consumer that several hosts may share: explicit acks, confirmed.
//
// Two connections: one pulls, the other acks and asks the API, so that acks never wait behind messages.
#pragma once

#include "delivery/delivery.hpp"
#include "nats/acker.hpp"
#include "nats/consumer.hpp"
#include "nats/current_message.hpp"
#include "nats/live_consumer.hpp"
#include "nats/pull_refusals.hpp"
#include "nats/puller.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::host {

class JetStreamDelivery : public AckedDelivery {
public:
  // The connections outlive it. consumer: as bind_consumer() gave it.
  JetStreamDelivery(Connection &pull_connection, Connection &ack_connection, JetStream &jetstream,
                    const ConsumerFacts &consumer, const Settings &settings, Log &log);
  ~JetStreamDelivery() override;

  bool next(jetcapture_message &message, std::chrono::milliseconds wait) override;
  void ack(AckOrder order) override;
  std::vector<AckOutcome> take_confirmed() override;
  std::uint32_t connection() const override;
  bool has(std::uint64_t sequence, std::int64_t timestamp) override;
  void stop_pulling() override;
  std::uint64_t give_back_rest() override;
  void give_back(const SequenceList &sequences) override;
  void keep_alive(const SequenceList &sequences) override;
  void terminate(std::uint64_t sequence) override;
  std::optional<std::uint64_t> ack_budget() const override;
  std::chrono::nanoseconds ack_wait() const override { return live_.settings().ack_wait; }
  Coverage coverage() const override { return consumer_.coverage; }
  std::optional<Progress> progress(std::chrono::milliseconds timeout) override;
  Vitals vitals() const override;
  std::uint64_t last_sequence_at_start() const override { return last_sequence_at_start_; }

private:
  static constexpr std::uint64_t unknown = UINT64_MAX;
  void verify_consumer();
  bool ask_stream(std::uint64_t sequence, std::int64_t timestamp);
  bool stream_has(std::uint64_t sequence, std::int64_t timestamp);
  nlohmann::json ask_for_consumer(std::chrono::milliseconds timeout);
  bool is_edited(const ConsumerState &state) const;

  Connection &pull_connection_;
  Connection &ack_connection_;
  JetStream &jetstream_;
  ConsumerFacts consumer_;
  LiveConsumer live_;
  Log &log_;
  std::uint64_t last_sequence_at_start_;
  std::atomic<std::int64_t> consumer_created_;      // as the server tells it now
  std::atomic<std::int64_t> last_look_;             // the server's time when it told so; 0: it does not tell it
  std::atomic<std::uint64_t> highest_delivery_ = 0; // sequence of the consumer that has come
  std::string ack_prefix_;                          // as the acker knows it
  CurrentMessage current_;
  std::atomic<std::uint64_t> not_delivered_{unknown}; // as the last message said
  bool stopped_ = false;                              // what is edited from then on changes nothing any more
  std::atomic<bool> may_read_stream_ = true;
  LineLimit unproven_lines_{3, std::chrono::minutes(1)};
  std::atomic<std::uint32_t> connection_ = 1; // Era::connection of what comes now
  std::atomic<std::uint64_t> ack_reconnects_seen_{
      ack_connection_.reconnects()}; // of the acks' connection, up to which that counts
  PullRefusals refusals_;
  Puller puller_;
  Acker acker_;
};

} // namespace jetcapture::host
