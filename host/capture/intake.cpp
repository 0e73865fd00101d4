#include "capture/intake.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace jetcapture::host {

using namespace std::chrono_literals;

Intake::Intake(Delivery &delivery, Committer &committer, LostMessages &lost, OpenBlocks &blocks,
               std::deque<MessagePath> &paths, RetryDelay retry, const Clock &clock)
    : delivery_(delivery), committer_(committer), lost_(lost), blocks_(blocks), path_(paths.front()), retry_(retry),
      clock_(clock), pipelines_(paths.size() > 1 ? std::make_unique<Pipelines>(paths, blocks, retry) : nullptr) {}

std::uint32_t Intake::take(std::chrono::milliseconds wait) {
  if (pipelines_ != nullptr)
    return take_batch(wait);
  if (!waiting_)
    return over_ ? 0 : take_one(wait);
  try_again(wait);
  return 0;
}

std::uint32_t Intake::take_one(std::chrono::milliseconds wait) {
  jetcapture_message message{};
  if (!delivery_.next(message, wait))
    return 0;
  lost_.see(message);
  if (const auto era = committer_.admit(message)) {
    in_hand_ = message.stream_sequence; // for good, if one of the next throws
    reach(message);
    if (!path_.take(message, *era)) {
      waiting_.emplace(Waiting{message, *era, retry_});
      wait_for_stage();
      return 1;
    }
    in_hand_.reset();
  }
  return 1;
}

std::optional<std::uint64_t> Intake::oldest() const {
  const std::optional<std::uint64_t> given = pipelines_ == nullptr ? std::nullopt : pipelines_->oldest();
  return given ? given : in_hand_;
}

// The stage of the message that waits has said so once more.
void Intake::wait_for_stage() {
  if (may_wait_) {
    waiting_->next = clock_.now() + std::chrono::duration_cast<Clock::time_point::duration>(waiting_->delay.next());
    return;
  }
  path_.wait_no_more(waiting_->message);
  waiting_.reset();
  over_ = true;
}

void Intake::try_again(std::chrono::milliseconds wait) {
  const auto left = waiting_->next - clock_.now();
  if (left > 0ns) {
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, wait));
  } else if (path_.take(waiting_->message, waiting_->era)) {
    waiting_.reset();
    in_hand_.reset();
  } else {
    wait_for_stage();
  }
}

void Intake::wait_no_more() {
  may_wait_ = false;
  if (pipelines_ != nullptr)
    pipelines_->wait_no_more();
  else if (waiting_)
    wait_for_stage();
}

std::uint32_t Intake::take_batch(std::chrono::milliseconds wait) {
  full_ = !pipelines_->wait_for_room(wait);
  if (full_)
    return 0;
  jetcapture_message message{};
  auto batch = std::make_unique<MessageBatch>();
  std::uint32_t came = 0;
  while (!batch->full() && delivery_.next(message, came == 0 ? wait : 0ms)) {
    came++;
    lost_.see(message);
    const auto era = committer_.admit(message);
    if (!era)
      continue;
    if (!in_hand_)
      in_hand_ = message.stream_sequence;
    batch->add(message, *era);
  }
  if (!batch->messages().empty())
    pipelines_->give(std::move(batch));
  in_hand_.reset();
  return came;
}

void Intake::reach(const jetcapture_message &message) {
  try {
    blocks_.reach(message.timestamp);
  } catch (const CaptureError &) {
    committer_.refused(message.stream_sequence);
    throw;
  }
}

void Intake::end() {
  wait_no_more();
  if (pipelines_ != nullptr)
    pipelines_->end().for_each([this](std::uint64_t sequence) { committer_.refused(sequence); });
}

} // namespace jetcapture::host
