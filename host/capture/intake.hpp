// Takes messages from the delivery, has the committer admit them, and sends them on their way: on this thread with one
// decoder, through pipelines with several.
#pragma once

#include "blocks/clock.hpp"
#include "capture/lost_messages.hpp"
#include "capture/message_path.hpp"
#include "capture/open_blocks.hpp"
#include "capture/pipelines.hpp"
#include "commit/committer.hpp"
#include "delivery/delivery.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

namespace jetcapture::host {

// The capture thread alone uses it, but for what says otherwise.
class Intake {
public:
  // paths: one for each decoder. All outlive it.
  Intake(Delivery &delivery, Committer &committer, LostMessages &lost, OpenBlocks &blocks,
         std::deque<MessagePath> &paths);

  // Takes the next message, or with pipelines the next few, waiting for the first: how many came. Throws CaptureError,
  // DeliveryError.
  std::uint32_t take(std::chrono::milliseconds wait);

  // Messages that came are waited for by nobody: they are on their way.
  bool is_idle() const { return pipelines_ == nullptr || pipelines_->idle(); }
  // The decoders are what is waited for.
  bool is_full() const { return full_; }

  // Ends the pipelines; what did not get its turn is refused. From here on there is one thread again.
  void end();

private:
  // Ends blocks that the message is behind. Throws CaptureError: one can't be finished; the message is refused then.
  void reach(const jetcapture_message &message);

  Delivery &delivery_;
  Committer &committer_;
  LostMessages &lost_;
  OpenBlocks &blocks_;
  MessagePath &path_;
  bool full_ = false;
  std::unique_ptr<Pipelines> pipelines_; // of several decoders
};

} // namespace jetcapture::host
