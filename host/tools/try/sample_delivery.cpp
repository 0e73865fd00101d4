#include "tools/try/sample_delivery.hpp"

#include <utility>

namespace jetcapture::host {
namespace {

jetcapture_text text(const std::string &string) {
  return {string.data(), string.size()};
}

} // namespace

SampleDelivery::SampleDelivery(Samples &samples, const Settings &settings, Look look, const StageWaits &waits,
                               std::chrono::nanoseconds longest_wait, std::atomic<int> &stop)
    : samples_(samples), settings_(settings), look_(std::move(look)), waits_(waits), longest_wait_(longest_wait),
      stop_(stop) {}

bool SampleDelivery::next(jetcapture_message &message, std::chrono::milliseconds) {
  if (ended_ || !samples_.next(sample_)) {
    ended_ = true;
    stop_.store(1);
    return false;
  }
  headers_.clear();
  for (const auto &[name, value] : sample_.headers)
    headers_.push_back({text(name), text(value)});
  message = {};
  message.size = sizeof message;
  message.header_count = static_cast<std::uint32_t>(headers_.size());
  message.subject = text(sample_.subject);
  message.data = text(sample_.data);
  message.header_block = text(sample_.header_block);
  message.headers = headers_.data();
  message.stream = text(settings_.stream);
  message.consumer = text(settings_.consumer);
  message.stream_sequence = sample_.sequence;
  message.consumer_sequence = ++count_;
  message.deliveries = 1;
  message.timestamp = sample_.timestamp;
  look_(message);
  return true;
}

void SampleDelivery::ack(AckOrder order) {
  const std::lock_guard lock(mutex_);
  confirmed_.push_back({std::move(order)});
}

// The capture asks some fifty times a second, also while a message waits.
std::vector<AckOutcome> SampleDelivery::take_confirmed() {
  if (!given_up_ && waits_.any())
    if (const auto wait = waits_.longest(); wait && StageWaits::Clock::now() - wait->since >= longest_wait_) {
      given_up_ = wait;
      stop_.store(1);
    }
  const std::lock_guard lock(mutex_);
  return std::exchange(confirmed_, {});
}

} // namespace jetcapture::host
