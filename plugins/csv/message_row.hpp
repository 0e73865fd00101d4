// A whole message as a row: subject, sequence, timestamp, headers, data, data_encoding.
#pragma once

#include "jetcapture/payload.h"
#include "text/scratch.hpp"

#include <array>

namespace jetcapture::plugins {

// The fixed columns. headers: JSON, [["Name","value"],…], or {"base64":[…]} with all of them in base64 where one is not
// UTF-8; null where there are none. data: text where it is UTF-8 (data_encoding "text"), else base64 ("base64").
extern const jetcapture_schema message_schema;

// Gives each message as a record of message_schema.
class MessageRow {
public:
  // Valid until the next call, and no longer than the message. Throws BadData when the subject is not UTF-8.
  const jetcapture_record &of(const jetcapture_message &message);

private:
  Scratch headers_;
  std::array<jetcapture_value, 6> values_{};
  jetcapture_record record_{};
};

} // namespace jetcapture::plugins
