// The message that was taken last, as plug-ins see it: all that it points to lives until the next one is taken.
//
// One thread uses it.
#pragma once

#include "jetcapture/payload.h"
#include "nats/ack_subject.hpp"
#include "nats/handles.hpp"
#include "nats/headers.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace jetcapture::host {

class CurrentMessage {
public:
  // Ends the life of the message before.
  void drop();
  // The ack subject of the new one; nullopt: it has none.
  std::optional<AckSubject> take(MessagePtr message);
  // Fills in what stands in the message and in its ack subject.
  void fill(jetcapture_message &message, const AckSubject &ack);

  natsMsg *get() const { return current_.get(); }

private:
  MessagePtr current_;
  AckSubjectReader ack_subjects_;
  HeaderReader headers_;
  std::vector<MessagePtr> spent_; // taken before current_, and not yet freed
  std::size_t spent_bytes_ = 0;
};

} // namespace jetcapture::host
