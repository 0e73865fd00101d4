// The headers of a message, in their order and with repeats: nats.c keeps them in a hash and gives no order.
#pragma once

#include "jetcapture/abi.h"

#include <nats/nats.h>

#include <cstddef>
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

// Makes block the one that the pairs tell: "NATS/1.0\r\n", "Name: value\r\n" for each, "\r\n"; empty where there are
// none.
void write_block(const jetcapture_pair *pairs, std::size_t count, std::string &block);

// Whether the block that the pairs were parsed from is the one that they tell.
bool pairs_tell(std::string_view block, const std::vector<jetcapture_pair> &pairs);

// Puts back into the block of a message without data what nats.c took out of it: natsSubscription_NextMsg looks there
// for a status, and writes NULs over colons and ends of lines. A blank that it has overwritten, behind a value, comes
// back as a space, which may have been a tab; and a NUL of the publisher's becomes what nats.c would have overwritten.
void put_together(std::string &block);

// Reads the headers of messages, each by itself. Not thread-safe; the pairs and the block die at the next call.
class HeaderReader {
public:
  // The header block lies between the reply subject and the data of a message that nats.c received (src/msg.c,
  // natsMsg_create): found there without touching the message. A message in which it does not lie there gets its
  // headers from the API, in no order.
  const std::vector<jetcapture_pair> &read(natsMsg *message);

  // Of the message that was read last: its block as on the wire, where the pairs do not tell its bytes; else empty.
  std::string_view block() const { return block_; }

private:
  bool read_block(natsMsg *message);
  void read_by_api(natsMsg *message);

  std::vector<jetcapture_pair> pairs_;
  std::string copy_;
  std::string block_;
};

} // namespace jetcapture::host
