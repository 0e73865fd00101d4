// Takes messages from the delivery, has the committer admit them, and sends them on their way: on this thread with one
// decoder, through pipelines with several.
#pragma once

#include "blocks/clock.hpp"
#include "capture/lost_messages.hpp"
#include "capture/message_path.hpp"
#include "capture/open_blocks.hpp"
#include "capture/pipelines.hpp"
#include "capture/retry_delay.hpp"
#include "commit/committer.hpp"
#include "delivery/delivery.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

namespace jetcapture::host {

// The capture thread alone uses it, but for what says otherwise.
class Intake {
public:
  // paths: one for each decoder. retry: how long a message waits whose stage asks for it. All but retry outlive it.
  Intake(Delivery &delivery, Committer &committer, LostMessages &lost, OpenBlocks &blocks,
         std::deque<MessagePath> &paths, RetryDelay retry, const Clock &clock);

  // Takes the next message, or with pipelines the next few, waiting for the first: how many came. While a message waits
  // for its stage, that one is tried again, and none comes. Throws CaptureError, DeliveryError.
  std::uint32_t take(std::chrono::milliseconds wait);

  // From here on no message waits for its stage: it goes back to the stream, and none that is behind it is taken.
  void wait_no_more();

  // Messages that came are waited for by nobody: they are on their way.
  bool is_idle() const { return pipelines_ == nullptr ? !waiting_ : pipelines_->idle(); }
  // The lowest sequence of a message that was admitted and has not gone its way; nullopt: there is none. Stays below
  // one that never will, since its capture ends.
  std::optional<std::uint64_t> oldest() const;
  // The decoders are what is waited for.
  bool is_full() const { return full_; }

  // Ends the pipelines; what waits or did not get its turn is refused. From here on there is one thread again.
  void end();

private:
  // Ends blocks that the message is behind. Throws CaptureError: one can't be finished; the message is refused then.
  void reach(const jetcapture_message &message);
  // The message that waits: the delivery keeps it until it is asked for another one.
  struct Waiting {
    jetcapture_message message;
    Era era;
    RetryDelay delay;
    Clock::time_point next{};
  };
  std::uint32_t take_one(std::chrono::milliseconds wait);
  std::uint32_t take_batch(std::chrono::milliseconds wait);
  void wait_for_stage();
  void try_again(std::chrono::milliseconds wait);

  Delivery &delivery_;
  Committer &committer_;
  LostMessages &lost_;
  OpenBlocks &blocks_;
  MessagePath &path_;
  const RetryDelay retry_;
  const Clock &clock_;
  bool full_ = false;
  bool may_wait_ = true;
  bool over_ = false;                    // a message went back, and with it all that come after it
  std::optional<std::uint64_t> in_hand_; // the first that was admitted and not given to path or pipelines
  std::optional<Waiting> waiting_;
  std::unique_ptr<Pipelines> pipelines_; // of several decoders
};

} // namespace jetcapture::host
