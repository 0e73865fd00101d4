// Messages in memory, as a backup gives them.
#pragma once

#include "delivery/whole_message.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

struct StoredMessage {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
  std::string subject;
  std::string headers;
  std::string data;
  host::WholeMessage view() const { return {sequence, timestamp, subject, headers, data}; }
};

class MemorySource : public host::MessageSource {
public:
  // The messages outlive it. before_each: is called before each message, also before the end.
  explicit MemorySource(
      const std::vector<StoredMessage> &messages, std::function<void(std::size_t)> before_each = [](std::size_t) {})
      : messages_(messages), before_each_(std::move(before_each)) {}

  bool next(host::WholeMessage &message) override {
    before_each_(next_);
    if (next_ == messages_.size())
      return false;
    message = messages_[next_++].view();
    return true;
  }

private:
  const std::vector<StoredMessage> &messages_;
  const std::function<void(std::size_t)> before_each_;
  std::size_t next_ = 0;
};

// A stream with all that is hard to restore: gaps of 1, 200, 2,000 and 200 million, headers that repeat or are odd,
// binary data, empty messages and one of 1 MiB, several blocks.
inline std::vector<StoredMessage> hard_stream(std::uint64_t largest_gap = 200'000'000) {
  std::vector<StoredMessage> messages;
  std::uint64_t sequence = 6;
  std::int64_t timestamp = 1'700'000'000'000'000'001;
  const auto add = [&](std::uint64_t gap, std::string subject, std::string headers, std::string data) {
    sequence += gap + 1;
    timestamp += 1'000'000'007;
    messages.push_back({sequence, timestamp, std::move(subject), std::move(headers), std::move(data)});
  };
  std::string all_bytes;
  for (int byte = 0; byte < 256; byte++)
    all_bytes += static_cast<char>(byte);
  add(0, "orders.eu.1", "", "first");
  add(0, "orders.eu.2", "NATS/1.0\r\n\r\n", "an empty header block");
  add(1, "orders.eu.3", "NATS/1.0\r\nB: 2\r\na: 1\r\nB:3\r\nB:   \r\nA:  x  \r\n\r\n", "repeats");
  add(200, "orders.us.1", "NATS/1.0\r\nNats-Msg-Id: 7\r\nNats-Rollup: all\r\nNats-Expected-Stream: X\r\n\r\n", "");
  add(0, "orders.us.1", "", "");
  add(0, "orders.us.1", "NATS/1.0 404 No Messages\r\nodd: \xff\xfe\x01 \xc3\xa4\r\n\r\n", all_bytes);
  add(2000, "orders.us.2", "NATS/1.0\r\nNats-Msg-Id: 7\r\n\r\n", std::string(1'000'000, 'x') + all_bytes);
  add(1000, "orders.us.3", "", "a gap of a thousand");
  add(1001, "orders.us.4", "", "a gap of one more");
  add(largest_gap, "orders.far", "", "far");
  for (int i = 0; i < 3000; i++)
    add(i % 7 == 0 ? static_cast<std::uint64_t>(i % 5) : 0, "orders.many." + std::to_string(i % 13),
        i % 3 == 0 ? "NATS/1.0\r\nNumber: " + std::to_string(i) + "\r\n\r\n" : "",
        std::string(3000, static_cast<char>('a' + i % 26)));
  return messages;
}

// Its first ones.
inline std::vector<StoredMessage> few_messages() {
  const std::vector<StoredMessage> all = hard_stream();
  return {all.begin(), all.begin() + 6};
}

} // namespace jetcapture::test
