#include "host/core/fake_delivery.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::test {

using namespace host;

void FakeDelivery::pull(std::uint64_t count) {
  for (; count > 0 && !stopped_; count--) {
    auto message = server_.deliver();
    if (!message)
      return;
    buffer_.push_back({std::move(*message), server_.connection()});
    received_++;
  }
}

bool FakeDelivery::is_proven(const AckOrder &order) const {
  return order.era.connection >= server_.connection() ||
         (order.newest.sequence != 0 && server_.has(order.newest.sequence, order.newest.timestamp));
}

void FakeDelivery::exchange(std::uint64_t acks) {
  while (!orders_.empty()) {
    Ordered &ordered = orders_.front();
    // What was on its way at a reconnect is sent again as a whole.
    if (std::exchange(ordered.sent_in, server_.connection()) != server_.connection()) {
      ordered.sent = 0;
      if (!is_proven(ordered.order)) {
        outcomes_.push_back({{std::move(ordered.order), false}, 0});
        orders_.pop_front();
        continue;
      }
    }
    std::uint64_t place = 0;
    ordered.order.sequences.for_each([&](std::uint64_t sequence) {
      if (place++ < ordered.sent || acks == 0)
        return;
      server_.ack(sequence);
      ordered.sent++;
      acks--;
    });
    if (ordered.sent < ordered.order.sequences.size() || acks == 0)
      return;
    outcomes_.push_back({{std::move(ordered.order), true}, received_});
    orders_.pop_front();
  }
}

bool FakeDelivery::next(jetcapture_message &message, std::chrono::milliseconds) {
  if (buffer_.empty())
    return false;
  current_ = std::move(buffer_.front());
  buffer_.pop_front();
  message = {};
  message.size = sizeof message;
  message.data = {current_.message.data.data(), current_.message.data.size()};
  message.stream_sequence = current_.message.sequence;
  message.timestamp = current_.message.timestamp;
  message.deliveries = current_.message.deliveries;
  message.consumer_sequence = current_.message.consumer_sequence;
  return true;
}

std::vector<AckOutcome> FakeDelivery::take_confirmed() {
  std::vector<AckOutcome> taken;
  while (!outcomes_.empty() && outcomes_.front().fence <= received_ - buffer_.size()) {
    taken.push_back(std::move(outcomes_.front().outcome));
    outcomes_.pop_front();
  }
  return taken;
}

std::uint64_t FakeDelivery::give_back_rest() {
  stopped_ = true;
  for (const Received &received : buffer_)
    server_.give_back(received.message.sequence);
  return std::exchange(buffer_, {}).size();
}

void FakeDelivery::give_back(const SequenceList &sequences) {
  sequences.for_each([this](std::uint64_t sequence) { server_.give_back(sequence); });
}

void FakeDelivery::keep_alive(const SequenceList &sequences) {
  sequences.for_each([this](std::uint64_t sequence) { server_.keep_alive(sequence); });
}

std::optional<Delivery::Progress> FakeDelivery::progress(std::chrono::milliseconds) {
  Progress progress;
  progress.ack_floor_sequence = server_.ack_floor();
  progress.delivered_sequence = server_.delivered_sequence();
  progress.delivered_consumer_sequence = server_.consumer_sequence();
  progress.not_delivered = server_.not_delivered();
  progress.not_acked = server_.not_acked();
  progress.stream_first_sequence = server_.first_sequence();
  progress.stream_last_sequence = server_.last_sequence();
  return progress;
}

} // namespace jetcapture::test
