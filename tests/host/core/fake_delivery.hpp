// A host's delivery from a fake server: what was pulled waits in a buffer, as in a subscription, and acks wait until
// the test exchanges them.
#pragma once

#include "delivery/delivery.hpp"
#include "host/core/fake_server.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace jetcapture::test {

class FakeDelivery : public host::AckedDelivery {
public:
  explicit FakeDelivery(FakeServer &server) : server_(server), last_at_start_(server.last_sequence()) {}

  // The server sends up to count messages.
  void pull(std::uint64_t count);
  // Acks that are ordered reach the server, up to that many; it has confirmed an order when all of them have. Those
  // that came before a reconnect are sent only where the stream still has the newest of them.
  void exchange(std::uint64_t acks = UINT64_MAX);

  bool next(jetcapture_message &message, std::chrono::milliseconds) override;
  void ack(host::AckOrder order) override { orders_.push_back({std::move(order)}); }
  std::vector<host::AckOutcome> take_confirmed() override;
  std::uint32_t connection() const override { return current_.connection; }
  bool has(std::uint64_t sequence, std::int64_t timestamp) override { return server_.has(sequence, timestamp); }
  void stop_pulling() override { stopped_ = true; }
  std::uint64_t give_back_rest() override;
  void give_back(const host::SequenceList &sequences) override;
  void keep_alive(const host::SequenceList &sequences) override;
  // One that was on its way at a restart is lost.
  void terminate(std::uint64_t sequence) override {
    if (current_.connection == server_.connection())
      server_.terminate(sequence);
  }
  std::optional<std::uint64_t> ack_budget() const override { return server_.max_ack_pending; }
  std::chrono::nanoseconds ack_wait() const override { return server_.ack_wait; }
  Coverage coverage() const override { return {.first_sequence = 1}; }
  std::optional<Progress> progress(std::chrono::milliseconds) override;
  Vitals vitals() const override {
    Vitals vitals;
    vitals.connected = true;
    vitals.acks_outstanding = orders_.size();
    return vitals;
  }
  std::uint64_t last_sequence_at_start() const override { return last_at_start_; }

private:
  struct Received {
    FakeMessage message;
    std::uint32_t connection = 0;
  };
  struct Outcome {
    host::AckOutcome outcome;
    std::uint64_t fence; // messages that had come before it was confirmed
  };
  bool is_proven(const host::AckOrder &order) const;

  struct Ordered {
    host::AckOrder order;
    std::uint32_t sent_in = 0; // the connection; 0: none of it is sent
    std::uint64_t sent = 0;
  };

  FakeServer &server_;
  const std::uint64_t last_at_start_;
  std::deque<Received> buffer_;
  Received current_;
  std::uint64_t received_ = 0;
  std::deque<Ordered> orders_;
  std::deque<Outcome> outcomes_;
  bool stopped_ = false;
};

} // namespace jetcapture::test
