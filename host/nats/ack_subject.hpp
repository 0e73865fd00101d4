// The reply subject of a message from a consumer: who it is, and where its ack goes.
//
//   $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<timestamp>.<pending>
//   $JS.ACK.<domain>.<account hash>.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<timestamp>.
//     <pending>[.<random>]
//
// Source: nats-server server/consumer.go (ackReply, replyInfo), ADR-15.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

// A parsed reply subject. The views point into the text that was parsed.
struct AckSubject {
  std::string_view prefix; // "$JS.ACK.<stream>.<consumer>" or "$JS.ACK.<domain>.<hash>.<stream>.<consumer>"
  std::string_view stream;
  std::string_view consumer;
  std::uint64_t deliveries = 0;
  std::uint64_t stream_sequence = 0;
  std::uint64_t consumer_sequence = 0;
  std::int64_t timestamp = 0; // nanoseconds since 1970
  std::uint64_t pending = 0;
  std::size_t tokens = 0;
};

// What the server uses unless a JetStream domain is involved.
std::string plain_ack_prefix(std::string_view stream, std::string_view consumer);
constexpr std::size_t plain_ack_tokens = 9;

// nullopt: not an ack subject.
std::optional<AckSubject> parse_ack_subject(std::string_view reply);

// Parses one ack subject after another: quickly where one begins as that before it, which is so for all of a consumer.
class AckSubjectReader {
public:
  // As parse_ack_subject().
  std::optional<AckSubject> read(std::string_view reply);

private:
  std::string before_; // the last one's prefix with its dot
  std::size_t stream_at_ = 0;
  std::size_t consumer_at_ = 0;
  std::size_t tokens_ = 0;
};

// Writes ack subjects by stream sequence alone: the server needs no more, in exactly as many tokens as it used itself.
class AckSubjectWriter {
public:
  // prefix and tokens as of a subject that the server wrote.
  AckSubjectWriter(std::string_view prefix, std::size_t tokens);
  // NUL-terminated, valid until the next call. A NAK also needs a consumer sequence that is delivered and not below the
  // ack floor (server/consumer.go, processNak); the others do not.
  const char *subject(std::uint64_t stream_sequence, std::uint64_t consumer_sequence = 0);

private:
  std::string buffer_;
  std::size_t prefix_size_;
  std::string suffix_;
};

} // namespace jetcapture::host
