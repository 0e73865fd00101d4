// The headers of a message, in their order and with repeats: nats.c keeps them in a hash and gives no order.
#pragma once

#include "jetcapture/abi.h"

#include <nats/nats.h>

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// Parses a header block "NATS/1.0[ status]\r\nName: value\r\n…\r\n\r\n" (ADR-4). False: it is none. The pairs point into block.
bool parse_headers(std::string_view block, std::vector<jetcapture_pair> &pairs);

// Reads the headers of messages. Not thread-safe; the pairs die at the next call.
class HeaderReader {
public:
  // The header block lies between the reply subject and the data of a message that nats.c received (src/msg.c, natsMsg_create): found
  // there without touching the message. Where that does not hold, in a nats.c of another layout, the headers come from the API,
  // in no order.
  const std::vector<jetcapture_pair> &read(natsMsg *message);

private:
  bool read_block(natsMsg *message);
  void read_by_api(natsMsg *message);
  bool agrees_with_api(natsMsg *message) const;

  enum class Layout { unknown, as_expected, other };
  Layout layout_ = Layout::unknown;
  std::vector<jetcapture_pair> pairs_;
  std::string copy_;
};

} // namespace jetcapture::host
