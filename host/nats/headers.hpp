// The headers of a message, in their order and with repeats: nats.c keeps them in a hash and gives no order.
#pragma once

#include "jetcapture/abi.h"

#include <nats/nats.h>

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// Parses a header block "NATS/1.0[ status[ description]]\r\nName: value\r\n…\r\n\r\n" (ADR-4). False: it is none. The
// pairs point into block, which is changed where a folded line is joined.
//
// Every entry is kept, in its order, whatever its neighbours are like. A status and its description come first, as
// "Status" and "Description", as nats.go gives them. A line that begins with a blank goes on with the value before it,
// after one blank, as in Go's textproto. A line without a colon is a name with an empty value. An empty line ends
// nothing. A NUL counts as the colon or the end of line in whose place nats.c writes it when it takes a block apart:
// natsMsg_IsNoResponders does so to messages without data.
bool parse_headers(std::string &block, std::vector<jetcapture_pair> &pairs);

// Reads the headers of messages, each by itself. Not thread-safe; the pairs die at the next call.
class HeaderReader {
public:
  // The header block lies between the reply subject and the data of a message that nats.c received (src/msg.c,
  // natsMsg_create): found there without touching the message. A message in which it does not lie there gets its
  // headers from the API, in no order.
  const std::vector<jetcapture_pair> &read(natsMsg *message);

private:
  bool read_block(natsMsg *message);
  void read_by_api(natsMsg *message);

  std::vector<jetcapture_pair> pairs_;
  std::string copy_;
};

} // namespace jetcapture::host
