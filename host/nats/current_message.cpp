#include "nats/current_message.hpp"

#include "strings/strings.hpp"

#include <cstdint>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::size_t most_spent = 1024;
constexpr std::size_t most_spent_bytes = 1u << 20;

} // namespace

// nats.c frees a message on a thread of its own, which it wakes for it: once for many is cheaper.
void CurrentMessage::drop() {
  if (!current_)
    return;
  spent_bytes_ += static_cast<std::size_t>(natsMsg_GetDataLength(current_.get()));
  spent_.push_back(std::move(current_));
  if (spent_.size() < most_spent && spent_bytes_ < most_spent_bytes)
    return;
  spent_.clear();
  spent_bytes_ = 0;
}

std::optional<AckSubject> CurrentMessage::take(MessagePtr message) {
  drop();
  current_ = std::move(message);
  const char *reply = natsMsg_GetReply(current_.get());
  return ack_subjects_.read(reply == nullptr ? "" : reply);
}

void CurrentMessage::fill(jetcapture_message &message, const AckSubject &ack) {
  natsMsg *raw = current_.get();
  const std::vector<jetcapture_pair> &headers = headers_.read(raw);
  message.size = sizeof message;
  message.header_count = static_cast<std::uint32_t>(headers.size());
  message.subject = jetcapture_text_of(natsMsg_GetSubject(raw));
  message.reply = {nullptr, 0};
  message.data = {natsMsg_GetData(raw), static_cast<std::uint64_t>(natsMsg_GetDataLength(raw))};
  message.headers = headers.data();
  message.stream = text_of(ack.stream);
  message.consumer = text_of(ack.consumer);
  message.stream_sequence = ack.stream_sequence;
  message.consumer_sequence = ack.consumer_sequence;
  message.deliveries = ack.deliveries;
  message.timestamp = ack.timestamp;
  message.header_block = text_of(headers_.block());
}

} // namespace jetcapture::host
