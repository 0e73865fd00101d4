#include "capture/message_batch.hpp"

#include <cstring>

namespace jetcapture::host {

namespace {

constexpr std::size_t most_messages = 64;
constexpr std::size_t most_bytes = 256u << 10;

} // namespace

bool MessageBatch::full() const {
  return messages_.size() >= most_messages || bytes_ >= most_bytes;
}

jetcapture_text MessageBatch::copy(jetcapture_text text) {
  if (text.size == 0)
    return {nullptr, 0};
  const auto size = static_cast<std::size_t>(text.size);
  char *place = static_cast<char *>(memory_.allocate(size, 1));
  std::memcpy(place, text.data, size);
  bytes_ += size;
  return {place, text.size};
}

void MessageBatch::add(const jetcapture_message &message, Era era) {
  jetcapture_message &copied = messages_.emplace_back(Admitted{message, era}).message;
  copied.subject = copy(message.subject);
  copied.reply = copy(message.reply);
  copied.data = copy(message.data);
  copied.stream = copy(message.stream);
  copied.consumer = copy(message.consumer);
  copied.header_block = copy(message.header_block);
  auto *headers = static_cast<jetcapture_pair *>(
      memory_.allocate(message.header_count * sizeof(jetcapture_pair), alignof(jetcapture_pair)));
  for (std::uint32_t i = 0; i < message.header_count; i++)
    headers[i] = {copy(message.headers[i].name), copy(message.headers[i].value)};
  copied.headers = headers;
}

} // namespace jetcapture::host
