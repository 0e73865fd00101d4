#include "capture/lost_messages.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

// Of a stream in which every second message was deleted: what is not judged yet is bounded.
constexpr std::size_t most_gaps = 10'000;
// Looks that the capture thread has not taken yet; further ones replace the newest.
constexpr std::size_t most_heard = 64;

constexpr std::string_view discarded =
    "messages are lost: the stream no longer had them when they were to be captured; let the stream keep more, or "
    "capture faster";
constexpr std::string_view perhaps_of_others =
    "messages may be lost: the stream no longer has some that were not captured, and it is not known how many of them "
    "this consumer would have delivered; let the stream keep more, or capture faster";
constexpr std::string_view perhaps_replaced =
    "messages may be lost: the stream no longer has some that were not captured, and it is not known whether newer "
    "ones of their subjects replaced them (max_msgs_per_subject, roll-ups)";
constexpr std::string_view passed_over =
    "messages are lost to this consumer: the server has passed over them, and the stream still has them; capture them "
    "with a consumer that starts at the first of them";

std::uint64_t less(std::uint64_t value, std::uint64_t by) {
  return value - std::min(value, by);
}

// Sequences between the stream's first and its last that have no message.
std::uint64_t holes(const Delivery::Progress &progress) {
  return less(progress.stream_last_sequence + 1, progress.stream_first_sequence + progress.stream_messages);
}

// The last sequence that is gone from the stream's beginning.
std::uint64_t gone_up_to(const Delivery::Progress &progress) {
  return less(progress.stream_first_sequence, 1);
}

} // namespace

void LostMessages::begin(const Journal::Earlier &earlier) {
  safe_up_to_ = earlier.safe_up_to;
  if (!earlier.position)
    return;
  known_ = start_of(*earlier.position);
  before_ = earlier.position;
  last_before_ = before_->stream_last_sequence;
}

void LostMessages::see(const jetcapture_message &message) {
  if (!coverage_.filters.empty())
    return;
  if (ahead_ && message.consumer_sequence > ahead_->delivered_consumer_sequence)
    look(*std::exchange(ahead_, std::nullopt));
  // A server that has lost its last moments counts deliveries again.
  if (message.consumer_sequence <= std::exchange(newest_delivery_, message.consumer_sequence)) {
    known_.reset();
    redelivered_ = 0;
  }
  if (known_ && message.consumer_sequence <= known_->consumer_sequence)
    return;
  // The count of deliveries may be forgotten in a restart. A known sequence with a newer message is another message.
  const bool is_new = message.timestamp > newest_timestamp_;
  if (message.deliveries > 1 || (known_ && message.stream_sequence <= known_->stream_sequence && !is_new)) {
    redelivered_++;
    return;
  }
  newest_timestamp_ = std::max(newest_timestamp_, message.timestamp);
  advance({message.consumer_sequence, message.stream_sequence}, message.stream_sequence - 1);
}

void LostMessages::advance(Position to, std::uint64_t gap_end) {
  if (known_ && to.stream_sequence > known_->stream_sequence) {
    const std::uint64_t passed = to.stream_sequence - known_->stream_sequence;
    const std::uint64_t delivered = less(to.consumer_sequence - known_->consumer_sequence, redelivered_);
    if (passed > delivered && gaps_.size() < most_gaps)
      gaps_.push_back({known_->stream_sequence + 1, gap_end, passed - delivered});
  }
  known_ = to;
  redelivered_ = 0;
}

void LostMessages::hear(const Delivery::Progress &progress) {
  const MutexLock lock(mutex_);
  if (heard_.size() >= most_heard)
    heard_.pop_back();
  heard_.push_back(progress);
}

bool LostMessages::judge(bool at_end) {
  std::deque<Delivery::Progress> heard;
  {
    const MutexLock lock(mutex_);
    heard.swap(heard_);
  }
  const auto looks = looks_;
  for (const Delivery::Progress &progress : heard) {
    if (ahead_)
      look(*ahead_);
    ahead_ = progress;
  }
  // Messages that it counts may be on their way here, until the next look.
  if (ahead_ && (at_end || !known_ || !coverage_.filters.empty() ||
                 ahead_->delivered_consumer_sequence <= known_->consumer_sequence))
    look(*std::exchange(ahead_, std::nullopt));
  return looks_ != looks;
}

std::optional<Delivery::Progress> LostMessages::judged() const {
  std::optional<Delivery::Progress> judged = before_;
  if (!judged)
    return judged;
  std::uint64_t &delivered = judged->delivered_sequence;
  // Where nothing was told of what was gone at the last look, the next one judges it, also that of the next run.
  if (gone_before_.messages > 0 && gone_before_.messages == gone_before_.size()) {
    delivered = std::max(delivered, gone_before_.first - 1);
    judged->stream_first_sequence = std::min(judged->stream_first_sequence, gone_before_.first);
  } else {
    delivered = std::max(delivered, judged_up_to_);
  }
  if (known_ && known_->consumer_sequence == judged->delivered_consumer_sequence)
    delivered = std::max(delivered, known_->stream_sequence);
  return judged;
}

void LostMessages::look(const Delivery::Progress &progress) {
  looks_++;
  const bool rewound = before_ && progress.delivered_consumer_sequence < before_->delivered_consumer_sequence;
  if (const std::uint64_t safe = std::exchange(safe_up_to_, 0); safe > 0 && (rewound || !before_))
    judge_recreated(safe, progress);
  if (!known_ || rewound) {
    known_ = start_of(progress);
    redelivered_ = 0;
  }
  if (before_ && !rewound) {
    if (coverage_.filters.empty()) {
      advance_to_look(progress);
      judge_gaps(progress);
      judge_standstill(progress);
    } else {
      judge_filtered(progress);
    }
  }
  last_before_ = before_ ? before_->stream_last_sequence : progress.stream_last_sequence;
  before_ = progress;
}

// What left the stream before a consumer had delivered anything may have done so before there was the consumer.
LostMessages::Position LostMessages::start_of(const Delivery::Progress &progress) const {
  std::uint64_t up_to = progress.delivered_sequence;
  if (progress.delivered_consumer_sequence == 0)
    up_to = std::max({up_to, gone_up_to(progress), less(coverage_.first_sequence.value_or(1), 1)});
  return {progress.delivered_consumer_sequence, up_to};
}

void LostMessages::advance_to_look(const Delivery::Progress &progress) {
  const std::uint64_t delivered = progress.delivered_consumer_sequence;
  if (delivered >= std::max(known_->consumer_sequence, newest_delivery_) &&
      progress.delivered_sequence >= known_->stream_sequence)
    advance({delivered, progress.delivered_sequence}, progress.delivered_sequence);
}

void LostMessages::judge_gaps(const Delivery::Progress &progress) {
  std::erase_if(gaps_, [&](const Gap &gap) {
    // What the server was asked for before the gap came says nothing of it.
    if (progress.delivered_sequence < gap.last)
      return false;
    judge_gap(gap, progress);
    return true;
  });
}

void LostMessages::judge_gap(const Gap &gap, const Delivery::Progress &progress) {
  const std::uint64_t last_gone = std::min(gap.last, gone_up_to(progress));
  const std::uint64_t gone = less(last_gone + 1, gap.first);
  const std::uint64_t still_there = gap.size() - gone;
  // Some of what was passed over may have been deleted one by one: in the part that the stream still has, or before it
  // was gone from its beginning.
  const std::uint64_t deleted = std::min(still_there, holes(progress));
  const std::uint64_t lost = less(std::min(less(gap.messages, deleted), gone), holes(*before_));
  if (lost > 0)
    tell_gone({gap.first, last_gone, lost}, progress);
  if (const std::uint64_t at_most = std::min(gap.messages, gone); at_most > lost)
    tell_possibly_lost({gap.first, last_gone, at_most - lost}, perhaps_of_others);
  // Of a consumer of which it is not known where it began, such are not its own: it may begin with single messages.
  const std::uint64_t skipped = less(gap.messages, gone + deleted);
  if (skipped > 0 && coverage_.first_sequence)
    tell_lost({std::max(gap.first, last_gone + 1), gap.last, skipped}, passed_over);
}

void LostMessages::judge_standstill(const Delivery::Progress &progress) {
  // The stream is asked a little later than the consumer: only what was gone before counts.
  const std::uint64_t gone = gone_up_to(*before_);
  if (progress.delivered_sequence != before_->delivered_sequence ||
      progress.delivered_consumer_sequence != known_->consumer_sequence || gone <= known_->stream_sequence)
    return;
  tell_gone({known_->stream_sequence + 1, gone, gone - known_->stream_sequence}, progress);
  known_->stream_sequence = gone;
}

void LostMessages::judge_filtered(const Delivery::Progress &progress) {
  const std::uint64_t deliveries = progress.delivered_consumer_sequence - before_->delivered_consumer_sequence;
  std::uint64_t missing = less(before_->not_delivered, progress.not_delivered + deliveries);
  // The stream is asked a little later than the consumer: what was gone at the last look may be missing only now.
  const Gap before = std::exchange(gone_before_, {});
  if (const std::uint64_t lost = std::min(missing, before.messages); lost > 0) {
    tell_gone({before.first, before.last, lost}, progress);
    missing -= lost;
  }
  const std::uint64_t first = std::max(start_of(*before_).stream_sequence, judged_up_to_) + 1;
  const std::uint64_t gone = gone_up_to(progress);
  const std::uint64_t passed = deliveries == 0 ? progress.delivered_sequence : 0;
  const std::uint64_t last = std::max(gone, passed);
  if (last < first)
    return;
  judged_up_to_ = last;
  const std::uint64_t size = last - first + 1;
  const std::uint64_t lost = std::min(size, missing);
  if (lost > 0)
    tell_gone({first, last, lost}, progress);
  gone_before_ = {first, last, size - lost};
  if (gone < first || !progress.stream_keeps_acked)
    return;
  const std::uint64_t published = less(progress.stream_last_sequence, last_before_);
  const std::uint64_t at_most =
      std::min(gone - first + 1, less(before_->not_delivered + published, progress.not_delivered));
  if (at_most <= lost)
    return;
  tell_possibly_lost({first, gone, at_most - lost}, perhaps_of_others);
  gone_before_.messages = size - at_most;
}

void LostMessages::judge_recreated(std::uint64_t safe_up_to, const Delivery::Progress &progress) {
  const std::uint64_t first = safe_up_to + 1;
  const std::uint64_t last = gone_up_to(progress);
  // One that begins later was made so.
  if (first <= last && coverage_.first_sequence.value_or(UINT64_MAX) <= first)
    tell_possibly_lost({first, last, last - first + 1}, perhaps_of_others);
}

void LostMessages::tell_gone(Gap gap, const Delivery::Progress &progress) {
  if (progress.stream_replaces)
    tell_possibly_lost(gap, perhaps_replaced);
  else
    tell_lost(gap, discarded);
}

void LostMessages::tell_lost(Gap gap, std::string_view sentence) {
  figures_.lost += gap.messages;
  if (const auto held_back = lines_.admit())
    log_.warn(
        sentence,
        {{"first", gap.first}, {"last", gap.last}, {"messages", gap.messages}, {"others_since_last_line", *held_back}});
}

void LostMessages::tell_possibly_lost(Gap gap, std::string_view sentence) {
  figures_.possibly += gap.messages;
  figures_.possibly_first = figures_.possibly_first == 0 ? gap.first : std::min(figures_.possibly_first, gap.first);
  figures_.possibly_last = std::max(figures_.possibly_last, gap.last);
  if (const auto held_back = lines_.admit())
    log_.warn(
        sentence,
        {{"first", gap.first}, {"last", gap.last}, {"at_most", gap.messages}, {"others_since_last_line", *held_back}});
}

} // namespace jetcapture::host
