// A host's ordered delivery from a fake server: what was pulled waits in a buffer, whatever becomes of it in the
// stream.
#pragma once

#include "delivery/delivery.hpp"
#include "host/core/fake_server.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace jetcapture::test {

class FakeOrderedDelivery final : public host::OrderedDelivery {
public:
  // It gives nothing behind last.
  FakeOrderedDelivery(const FakeServer &server, std::uint64_t after, std::uint64_t last = UINT64_MAX)
      : server_(server), last_(last), last_at_start_(server.last_sequence()), pulled_up_to_(after) {
    const auto before = after == 0 ? std::nullopt : server.next_behind(after - 1);
    if (before && before->sequence == after)
      pulled_ = before; // an earlier run has
  }

  // The server sends up to count messages. Throws DeliveryError: the stream has lost its end.
  void pull(std::uint64_t count) {
    if (pulled_ && !server_.has(pulled_->sequence, pulled_->timestamp) &&
        (server_.last_sequence() < pulled_->sequence || server_.has_other(pulled_->sequence, pulled_->timestamp)))
      throw host::DeliveryError("the stream has lost its last messages");
    for (; count > 0; count--) {
      const auto next = server_.next_behind(pulled_up_to_);
      has_pulled_all_ = next ? next->sequence > last_ : server_.last_sequence() >= last_;
      if (!next || has_pulled_all_)
        return;
      pulled_ = next;
      pulled_up_to_ = pulled_->sequence;
      buffer_.push_back(*pulled_);
    }
  }

  bool next(jetcapture_message &message, std::chrono::milliseconds) override {
    if (buffer_.empty())
      return false;
    current_ = std::move(buffer_.front());
    buffer_.pop_front();
    message = {};
    message.size = sizeof message;
    message.data = {current_.data.data(), current_.data.size()};
    message.stream_sequence = current_.sequence;
    message.timestamp = current_.timestamp;
    message.deliveries = 1;
    return true;
  }
  std::uint32_t connection() const override { return 1; }
  bool has(std::uint64_t sequence, std::int64_t timestamp) override { return server_.has(sequence, timestamp); }
  void stop_pulling() override {}
  std::uint64_t give_back_rest() override {
    buffer_.clear();
    return 0;
  }
  Coverage coverage() const override { return {.filters = {}, .first_sequence = 1}; }
  std::optional<Progress> progress(std::chrono::milliseconds) override { return std::nullopt; }
  Vitals vitals() const override { return {}; }
  std::uint64_t last_sequence_at_start() const override { return last_at_start_; }
  void stored_up_to(std::uint64_t sequence, std::uint64_t) override { stored_up_to_ = sequence; }

  std::optional<Kept> keeps_behind(std::uint64_t, std::chrono::milliseconds) override { return kept; }
  std::uint64_t last_sequence() const override { return last_; }
  bool has_reached_end() const override { return buffer_.empty() && (has_pulled_all_ || pulled_up_to_ >= last_); }

  std::optional<Kept> kept = Kept{}; // what keeps_behind() says

  std::uint64_t told() const { return stored_up_to_; }

private:
  const FakeServer &server_;
  const std::uint64_t last_;
  const std::uint64_t last_at_start_;
  bool has_pulled_all_ = false;
  std::uint64_t pulled_up_to_;
  std::optional<FakeMessage> pulled_; // the last
  std::deque<FakeMessage> buffer_;
  FakeMessage current_;
  std::uint64_t stored_up_to_ = 0;
};

} // namespace jetcapture::test
