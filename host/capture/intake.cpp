#include "capture/intake.hpp"

#include <utility>

namespace jetcapture::host {

using namespace std::chrono_literals;

Intake::Intake(Delivery &delivery, Committer &committer, LostMessages &lost, OpenBlocks &blocks,
               std::deque<MessagePath> &paths)
    : delivery_(delivery), committer_(committer), lost_(lost), blocks_(blocks), path_(paths.front()),
      pipelines_(paths.size() > 1 ? std::make_unique<Pipelines>(paths, blocks) : nullptr) {}

std::uint32_t Intake::take(std::chrono::milliseconds wait) {
  jetcapture_message message{};
  if (pipelines_ == nullptr) {
    if (!delivery_.next(message, wait))
      return 0;
    lost_.see(message);
    if (const auto era = committer_.admit(message)) {
      reach(message);
      path_.take(message, *era);
    }
    return 1;
  }
  full_ = !pipelines_->wait_for_room(wait);
  if (full_)
    return 0;
  auto batch = std::make_unique<MessageBatch>();
  std::uint32_t came = 0;
  while (!batch->full() && delivery_.next(message, came == 0 ? wait : 0ms)) {
    came++;
    lost_.see(message);
    if (const auto era = committer_.admit(message))
      batch->add(message, *era);
  }
  if (!batch->messages().empty())
    pipelines_->give(std::move(batch));
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
  if (pipelines_ != nullptr)
    pipelines_->end().for_each([this](std::uint64_t sequence) { committer_.refused(sequence); });
}

} // namespace jetcapture::host
