// What `jetcapture try` shows on standard output: messages with what the decoder makes of them, and the blocks.
#pragma once

#include "plugins/stages.hpp"

#include <string>

namespace jetcapture::host {

struct ShownMessage {
  std::string text;
  bool keeps_rules; // false: an item of the decoder breaks the ABI
};
// Decodes the message and tells, a line an item: its key and its payload; or that it is filtered, or why it is bad.
ShownMessage shown_message(const jetcapture_message &message, const Decoder &decoder, const std::string &payload);

// A store that prints each block with its name: text as it is, of other bytes only how many.
const jetcapture_store &printing_store();

} // namespace jetcapture::host
