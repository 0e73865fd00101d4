#include "capture/lost_messages.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

// Of a stream in which every second message was deleted: what is not judged yet is bounded.
constexpr std::size_t most_gaps = 10'000;

} // namespace

void LostMessages::begin(const Delivery::Progress &progress) {
  // A consumer that has delivered nothing begins where the stream does.
  const bool delivered = progress.delivered_consumer_sequence > 0;
  const std::uint64_t before_stream = progress.stream_first_sequence > 0 ? progress.stream_first_sequence - 1 : 0;
  last_sequence_ = delivered ? progress.delivered_sequence : before_stream;
  last_consumer_sequence_ = progress.delivered_consumer_sequence;
  known_ = true;
  const std::lock_guard lock(mutex_);
  told_up_to_ = last_sequence_;
  before_ = progress;
}

void LostMessages::note_gap(std::uint64_t sequence, std::uint64_t messages) {
  const std::lock_guard lock(mutex_);
  if (gaps_.size() < most_gaps)
    gaps_.push_back({last_sequence_ + 1, sequence - 1, messages});
}

void LostMessages::hear(const Delivery::Progress &progress) {
  const std::lock_guard lock(mutex_);
  judge_gaps(progress);
  judge_standstill(progress);
  before_ = progress;
}

void LostMessages::judge_gaps(const Delivery::Progress &progress) {
  std::erase_if(gaps_, [&](const Gap &gap) {
    // What the server was asked for before the gap came says nothing of it.
    if (progress.delivered_sequence <= gap.last)
      return false;
    const std::uint64_t last = std::min(gap.last, progress.stream_first_sequence - 1);
    const std::uint64_t first = std::max(gap.first, told_up_to_ + 1);
    if (progress.stream_first_sequence > gap.first && first <= last)
      tell({first, last, std::min(gap.messages, last - first + 1)});
    return true;
  });
}

void LostMessages::judge_standstill(const Delivery::Progress &progress) {
  // The stream is asked a little later than the consumer: only what was gone before counts.
  if (progress.delivered_sequence != before_.delivered_sequence || before_.stream_first_sequence == 0 ||
      progress.delivered_consumer_sequence == 0)
    return;
  const std::uint64_t first = std::max(progress.delivered_sequence, told_up_to_) + 1;
  const std::uint64_t last = before_.stream_first_sequence - 1;
  if (first <= last)
    tell({first, last, last - first + 1});
}

void LostMessages::tell(Gap gap) {
  told_up_to_ = std::max(told_up_to_, gap.last);
  if (!filtered_)
    count_ += gap.messages;
  const auto held_back = lines_.admit();
  if (!held_back)
    return;
  if (filtered_)
    log_.warn("the stream no longer has messages that were not captured; how many of them this consumer would have "
              "delivered is not known, since it filters",
              {{"first", gap.first}, {"last", gap.last}, {"others_since_last_line", *held_back}});
  else
    log_.warn(
        "messages are lost: the stream no longer had them when they were to be captured; let the stream keep more, "
        "or capture faster",
        {{"first", gap.first}, {"last", gap.last}, {"messages", gap.messages}, {"others_since_last_line", *held_back}});
}

} // namespace jetcapture::host
