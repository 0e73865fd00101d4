#include "capture/spare_message.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace jetcapture::host {

namespace {

// Messages above it are rare: their memory is not kept.
constexpr std::size_t most_kept = 1u << 20;
constexpr std::size_t first_capacity = 4096;

std::size_t bytes_of(const jetcapture_message &message) {
  std::uint64_t bytes = message.subject.size + message.reply.size + message.data.size + message.stream.size +
                        message.consumer.size + message.header_block.size;
  for (std::uint32_t i = 0; i < message.header_count; i++)
    bytes += message.headers[i].name.size + message.headers[i].value.size;
  return static_cast<std::size_t>(bytes);
}

} // namespace

jetcapture_text SpareMessage::put(jetcapture_text text) {
  if (text.size == 0)
    return {nullptr, 0};
  const auto size = static_cast<std::size_t>(text.size);
  std::memcpy(next_, text.data, size);
  const char *place = std::exchange(next_, next_ + size);
  return {place, text.size};
}

const jetcapture_message &SpareMessage::copy_of(const jetcapture_message &message) {
  const std::size_t bytes = bytes_of(message);
  if (bytes > capacity_ || capacity_ > most_kept) {
    capacity_ = std::max(bytes, first_capacity);
    bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  next_ = bytes_.get();
  message_ = message;
  message_.subject = put(message.subject);
  message_.reply = put(message.reply);
  message_.data = put(message.data);
  message_.stream = put(message.stream);
  message_.consumer = put(message.consumer);
  message_.header_block = put(message.header_block);
  headers_.clear();
  for (std::uint32_t i = 0; i < message.header_count; i++)
    headers_.push_back({put(message.headers[i].name), put(message.headers[i].value)});
  message_.headers = headers_.data();
  return message_;
}

} // namespace jetcapture::host
