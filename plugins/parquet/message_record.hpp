// A whole message as a record, from which it can be published again, byte for byte.
#pragma once

#include "jetcapture/payload.h"
#include "text/scratch.hpp"

#include <array>

namespace jetcapture::plugins {

// Columns: subject, stream, sequence, timestamp, reply, headers (as JSON), data (bytes, or text by choice),
// header_block. What
// belongs to the delivery and not to the message is left out.
class MessageRecord {
public:
  explicit MessageRecord(bool data_as_text);

  // Valid until the next call, and as long as the message is.
  const jetcapture_record &of(const jetcapture_message &message);

private:
  const bool data_as_text_;
  Scratch headers_;
  std::array<jetcapture_value, 8> values_{};
  jetcapture_record record_{};
};

} // namespace jetcapture::plugins
