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

// One thread at a time.
class MessageSource {
public:
  virtual ~MessageSource() = default;

  // [may block] The next message; the views are valid until the next call. False: there is none any more.
  virtual bool next(WholeMessage &message) = 0;
};

} // namespace jetcapture::host
