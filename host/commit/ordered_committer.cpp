#include "commit/ordered_committer.hpp"

#include "commit/notified.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// How long messages that are in no block wait for others to share a manifest with.
constexpr auto longest_unrecorded = 10s;
constexpr std::chrono::milliseconds longest_question = 2s;
// Until a host that starts again reads.
constexpr auto time_to_begin = 30s;
// Ordered delivery gives one life of the stream: it ends where the stream loses its end.
constexpr Era only_era = {.generation = 0, .connection = 1};

} // namespace

OrderedCommitter::OrderedCommitter(Surroundings surroundings, std::uint64_t after, bool goes_on)
    : delivery_(surroundings.delivery), ledger_(surroundings.ledger), counters_(surroundings.counters),
      clock_(surroundings.clock), log_(surroundings.log), notifier_(surroundings.notifier),
      untold_(surroundings.untold), after_(after), goes_on_(goes_on),
      last_at_start_(delivery_.last_sequence_at_start()), is_filtered_(!delivery_.coverage().filters.empty()),
      floor_(after), highest_sequence_(after), speed_(clock_.now()) {
  ledger_.follow_floor([this] { return chain_floor(); });
}

// A claim whose floor is its last sequence is nobody's any more: before that its blocks are told.
std::uint64_t OrderedCommitter::chain_floor() const {
  const std::uint64_t floor = floor_.value();
  const std::uint64_t last = delivery_.last_sequence();
  return floor >= last && untold_ != nullptr && !untold_->all_told() ? last - 1 : floor;
}

void OrderedCommitter::follow_ledger(const std::vector<EarlierLine> &lines) {
  for (const EarlierLine &line : lines) {
    UnfinishedBlock block = unfinished_of(line);
    block.id = earlier_lines_.size() + 1;
    ledger_.adopt(block.id, line);
    if (notifier_ != nullptr)
      notifier_->before_store(line.block);
    if (line.block.last_sequence <= after_)
      block.own = block.shared = {}; // it is here to be told alone
    earlier_lines_.push_back(std::move(block));
  }
}

void OrderedCommitter::settle_earlier_runs(const IsInStore &is_in_store, std::uint64_t) {
  std::size_t stored = 0;
  std::size_t lost = 0;
  for (const UnfinishedBlock &block : earlier_lines_) {
    if (!block.stored && !is_in_store(block)) {
      ledger_.lost(block.id); // its messages are read again, into blocks of this run
      if (notifier_ != nullptr)
        notifier_->settle(block.name, false);
      lost++;
      continue;
    }
    if (block.last_sequence > after_) {
      stored++;
      earlier_.add(block, only_era.generation);
    }
    done({.number = block.id,
          .id = block.name,
          .interval_start = block.interval_start,
          .ticket = block.stored ? 0 : ledger_.done(block.id)});
  }
  if (stored + lost > 0)
    log_.info("blocks that earlier runs had stored behind the floor are not written again",
              {{"floor", after_}, {"blocks", stored}, {"not_in_the_store", lost}});
  if (notifier_ != nullptr)
    notifier_->start();
}

// What the stream lost behind the floor is lost to this capture.
Journal::Earlier OrderedCommitter::earlier() const {
  if (!goes_on_)
    return {};
  Delivery::Progress position;
  position.delivered_sequence = after_;
  position.delivered_consumer_sequence = 1; // see OrderedDelivery
  position.ack_floor_sequence = after_;
  position.stream_first_sequence = after_ + 1;
  position.stream_last_sequence = after_;
  return {.position = position};
}

std::optional<Era> OrderedCommitter::admit(const jetcapture_message &message) {
  const std::uint64_t sequence = message.stream_sequence;
  if (sequence > highest_sequence_ + 1 && !is_filtered_)
    absent_.push_back({highest_sequence_ + 1, sequence - 1});
  highest_sequence_ = sequence;
  newest_ = std::max(newest_, message.timestamp);
  if (earlier_.has_whole(sequence, message.timestamp, only_era.generation)) {
    skipped_++;
    return std::nullopt;
  }
  taken_++;
  taken_bytes_ += message.data.size;
  return only_era;
}

void OrderedCommitter::filtered(std::uint64_t sequence, Era) {
  const MutexLock lock(mutex_);
  floor_.waits(sequence);
  filtered_.append(sequence);
}

void OrderedCommitter::already_stored(std::uint64_t, Era) {
  done_++;
}

void OrderedCommitter::terminated(std::uint64_t sequence, Era) {
  const MutexLock lock(mutex_);
  floor_.waits(sequence);
  terminated_.append(sequence);
}

void OrderedCommitter::refused(std::uint64_t sequence) {
  floor_.stays(sequence);
  const MutexLock lock(mutex_);
  refused_++;
}

void OrderedCommitter::in_several(std::uint64_t sequence, std::vector<std::uint64_t> blocks) {
  const MutexLock lock(mutex_);
  parts_left_[sequence] = blocks.size();
}

void OrderedCommitter::begins(std::uint64_t block, std::uint64_t first_sequence) {
  floor_.begins(block, first_sequence);
}

bool OrderedCommitter::part_is_stored(const jetcapture_message &message, std::int64_t interval_start,
                                      std::string_view key) {
  return earlier_.has_part(message.stream_sequence, message.timestamp, interval_start, key);
}

void OrderedCommitter::before_store(const SealedBlock &block) {
  if (notifier_ != nullptr)
    notified([&] { notifier_->before_store(block); });
}

void OrderedCommitter::stored(const SealedBlock &block) {
  // That it is done goes into a manifest before, or together with, a floor that counts it.
  const std::uint64_t ticket = ledger_.done(block.id);
  done({.number = block.id, .id = block.name, .interval_start = block.place.interval_start, .ticket = ticket});
  floor_.done(block.id);
  std::uint64_t whole = block.own.size();
  if (!block.shared.empty()) {
    const MutexLock lock(mutex_);
    block.shared.for_each([&](std::uint64_t sequence) {
      mutex_.assert_held();
      const auto found = parts_left_.find(sequence);
      if (found == parts_left_.end() || --found->second > 0)
        return;
      parts_left_.erase(found);
      whole++;
    });
  }
  done_ += whole;
}

// Its line is settled now, or once it is told.
void OrderedCommitter::done(UntoldBlocks::Block block) {
  if (untold_ != nullptr)
    untold_->stored(std::move(block));
  else
    ledger_.settled(block.number);
}

// A run that has begun meanwhile may have found that a block is not in the store. So none is told before the manifest
// that declares it done is in the chain.
void OrderedCommitter::tell_declared() {
  if (untold_ == nullptr)
    return;
  try {
    untold_->declared(ledger_.passed(), [this](const std::string &id) { notifier_->stored(id); });
  } catch (const OutboxError &) {
    // It is tried again; the blocks that come next tell why.
  }
  for (const std::uint64_t block : untold_->take_settled())
    ledger_.settled(block);
}

// What is in no block stands in a manifest before, or together with, a floor that counts it.
void OrderedCommitter::record_passed() {
  SequenceList filtered;
  SequenceList terminated;
  {
    const MutexLock lock(mutex_);
    filtered = std::exchange(filtered_, {});
    terminated = std::exchange(terminated_, {});
    floor_.begins_to_record();
  }
  const std::uint64_t messages = filtered.size() + terminated.size();
  if (messages > 0 || !absent_.empty())
    unrecorded_.emplace_back(ledger_.pass(filtered, terminated, std::exchange(absent_, {}), longest_unrecorded),
                             messages);
  floor_.recorded();
}

void OrderedCommitter::take_recorded() {
  while (!unrecorded_.empty() && unrecorded_.front().first <= ledger_.passed()) {
    done_ += unrecorded_.front().second;
    unrecorded_.pop_front();
  }
}

// What is between the last message that came and the end of the delivery.
void OrderedCommitter::pass_to_end() {
  const std::uint64_t last = delivery_.last_sequence();
  if (!delivery_.has_reached_end() || highest_sequence_ >= last)
    return;
  if (!is_filtered_)
    absent_.push_back({highest_sequence_ + 1, last});
  highest_sequence_ = last;
}

void OrderedCommitter::tick(bool, std::optional<std::uint64_t> in_hand) {
  pass_to_end();
  record_passed();
  take_recorded();
  tell_declared();
  // Only now: what came to no block since, and is not recorded, is in hand.
  floor_.is_through(in_hand ? *in_hand - 1 : highest_sequence_);
  speed_.note(taken_ + skipped_, clock_.now());
  const std::uint64_t floor = ledger_.floor();
  earlier_.acked_up_to(floor);
  delivery_.stored_up_to(floor, in_flight());
  const auto publish = [](auto &published, auto value) { published.store(value, std::memory_order_relaxed); };
  publish(counters_.messages, taken_);
  publish(counters_.message_bytes, taken_bytes_);
  publish(counters_.redeliveries, skipped_);
  publish(counters_.acked, done_.load());
  publish(counters_.in_flight, in_flight());
  publish(counters_.newest_timestamp, newest_);
}

std::uint64_t OrderedCommitter::in_flight() const {
  return taken_ - std::min<std::uint64_t>(taken_, done_);
}

std::uint64_t OrderedCommitter::in_flight_of_start() const {
  return floor_.value() >= std::min(highest_sequence_, last_at_start_) ? 0 : in_flight();
}

bool OrderedCommitter::is_settled() const {
  if (untold_ != nullptr && !untold_->all_declared())
    return false;
  const MutexLock lock(mutex_);
  return in_flight() == std::min(refused_, in_flight());
}

std::string OrderedCommitter::why_not_dropped() {
  const std::uint64_t floor = ledger_.floor();
  if (highest_sequence_ <= floor)
    return "";
  const std::optional<OrderedDelivery::Kept> kept = delivery_.keeps_behind(floor, longest_question);
  if (!kept)
    return "the stream can't be asked how long it keeps message " + std::to_string(floor + 1);
  const std::chrono::nanoseconds reading = time_to_begin + speed_.time_for(highest_sequence_ - floor);
  if (kept->time / 2 >= reading)
    return "";
  const auto whole_seconds = [](std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
  };
  return "the stream keeps message " + std::to_string(floor + 1) + " for another " +
         whole_seconds(std::max<std::chrono::nanoseconds>(kept->time, 0s)) + " (" + kept->limit +
         "), which is less than twice the " + whole_seconds(reading) + " that reading from there again may take";
}

bool OrderedCommitter::is_done_to_end() const {
  return has_reached_end() && is_settled() && chain_floor() >= delivery_.last_sequence();
}

CaptureCommitter::Rest OrderedCommitter::give_up(const std::vector<SequenceList> &) {
  take_recorded();
  // The next run reads all of it again that is in no block which is done.
  const std::uint64_t left = in_flight();
  const std::uint64_t floor = ledger_.floor();
  delivery_.stored_up_to(floor, left);
  counters_.acked = done_.load();
  counters_.in_flight = 0;
  return {.returned = left, .unconfirmed = 0};
}

} // namespace jetcapture::host
