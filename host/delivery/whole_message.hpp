// Messages as a stream holds them, taken back from a backup: the seam between reading a backup and writing a stream.
#pragma once

#include <cstdint>
#include <string_view>

namespace jetcapture::host {

// headers: the block as on the wire, "NATS/1.0\r\n…\r\n\r\n"; empty for none. timestamp: nanoseconds since 1970, UTC.
struct WholeMessage {
  std::uint64_t sequence;
  std::int64_t timestamp;
  std::string_view subject;
  std::string_view headers;
  std::string_view data;
};

// What stands before a message's texts where these lie one behind the other: none of it is taken for another's then.
struct MessageHead {
  MessageHead() = default;
  explicit MessageHead(const WholeMessage &message)
      : sequence(message.sequence), timestamp(message.timestamp), subject(message.subject.size()),
        headers(message.headers.size()), data(message.data.size()) {}
  std::uint64_t body() const { return subject + headers + data; }
  // Of this process: in its byte order.
  std::string_view bytes() const { return {reinterpret_cast<const char *>(this), sizeof *this}; }

  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0;
  std::uint64_t subject = 0; // sizes
  std::uint64_t headers = 0;
  std::uint64_t data = 0;
};

// One thread at a time.
class MessageSource {
public:
  virtual ~MessageSource() = default;

  // [may block] The next message; the views are valid until the next call. False: there is none any more.
  virtual bool next(WholeMessage &message) = 0;
};

} // namespace jetcapture::host
