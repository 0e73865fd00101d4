// A copy of a message for a decoder, in memory that is used again for each message: whatever a decoder does to what it
// was given, the host's message stays as the stream has it.
//
// One thread.
#pragma once

#include "jetcapture/payload.h"

#include <memory>
#include <vector>

namespace jetcapture::host {

class SpareMessage {
public:
  // Copies the message and all that it points to. The copy is good until the next call.
  const jetcapture_message &copy_of(const jetcapture_message &message);

  // The copy, whatever it has become.
  const jetcapture_message *message() const { return &message_; }

private:
  jetcapture_text put(jetcapture_text text);

  jetcapture_message message_{};
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  char *next_ = nullptr;
  std::vector<jetcapture_pair> headers_;
};

} // namespace jetcapture::host
