// Messages copied from a delivery, so that they outlive its next call.
//
// One thread fills it; then any thread reads.
#pragma once

#include "delivery/era.hpp"
#include "jetcapture/payload.h"

#include <cstddef>
#include <memory_resource>
#include <vector>

namespace jetcapture::host {

class MessageBatch {
public:
  struct Admitted {
    jetcapture_message message;
    Era era;
  };

  MessageBatch() = default;
  MessageBatch(const MessageBatch &) = delete;
  MessageBatch &operator=(const MessageBatch &) = delete;

  // Copies the message and all that it points to.
  void add(const jetcapture_message &message, Era era);
  // It has enough messages, or bytes. One message has room, however large it is.
  bool full() const;

  // They and what they point to live as long as the batch.
  const std::vector<Admitted> &messages() const { return messages_; }

private:
  jetcapture_text copy(jetcapture_text text);

  std::pmr::monotonic_buffer_resource memory_;
  std::vector<Admitted> messages_;
  std::size_t bytes_ = 0;
};

} // namespace jetcapture::host
