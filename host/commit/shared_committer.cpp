#include "commit/shared_committer.hpp"

#include "commit/notified.hpp"
#include "threads/fault_point.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t keep_alives_a_tick = 2000;
// A server that crashes may lose the last acks that it took: what it has said to be acked counts as forgotten by it
// only this much later.
constexpr auto floor_is_safe_after = 10min;
constexpr auto between_floors = 30s;
constexpr auto answer_is_fresh = 10s;
constexpr auto longest_unrecorded = 10s;

} // namespace

SharedCommitter::SharedCommitter(Surroundings surroundings)
    : delivery_(surroundings.delivery), journal_(surroundings.journal), ledger_(surroundings.ledger),
      notifier_(surroundings.notifier), in_flight_(surroundings.in_flight), counters_(surroundings.counters),
      clock_(surroundings.clock), log_(surroundings.log), last_at_start_(delivery_.last_sequence_at_start()),
      newest_(journal_.newest()), landmark_(journal_.landmark()),
      sees_all_(delivery_.coverage().filters.empty() && delivery_.coverage().first_sequence.has_value()),
      storing_since_(clock_.now()), next_keep_alive_(clock_.now()) {}

std::string SharedCommitter::flush() {
  try {
    journal_.flush();
    return "";
  } catch (const JournalError &error) {
    return error.what();
  }
}

// What is newer than all that is known is of another generation from now on.
void SharedCommitter::begin_generation() {
  journal_.begin_generation(newest_);
  try {
    // A run that begins after a crash has to tell the generations apart, too.
    journal_.flush();
  } catch (const JournalError &error) {
    log_.warn("the journal can't record that the stream has lost its last messages", {{"reason", error.what()}});
  }
  landmark_ = {};
}

std::optional<Era> SharedCommitter::admit(const jetcapture_message &message) {
  const std::uint64_t sequence = message.stream_sequence;
  const std::uint32_t connection = delivery_.connection();
  // At the start and after a reconnect the stream may have lost its end, without a message that shows it.
  if (connection > connection_) {
    connection_ = connection;
    if (landmark_.sequence != 0 && !delivery_.has(landmark_.sequence, landmark_.timestamp))
      begin_generation();
  }
  if (ledger_ != nullptr && sees_all_)
    note_skipped(message, connection);
  Era era = {.generation = journal_.generation_of(message.timestamp), .connection = connection};
  bool in_flight = in_flight_.contains(era.generation, sequence);
  bool stored = !in_flight && (earlier_.has_whole(sequence, message.timestamp, era.generation) ||
                               journal_.is_stored(sequence, message.timestamp));
  if (!in_flight && !stored && ledger_ != nullptr && ledger_->earlier_runs().may_know(sequence)) {
    look_up(sequence);
    stored = journal_.is_stored(sequence, message.timestamp);
  }
  // A redelivery is older than what came before it. One that is newer is another message: the stream has lost its end.
  if ((in_flight || stored) && message.timestamp > newest_) {
    log_.error(
        "the stream gave a sequence to a second message: it has lost messages, as after a power failure; both are "
        "captured",
        {{"sequence", sequence}});
    begin_generation();
    era.generation = journal_.generation_of(message.timestamp);
    in_flight = stored = false;
  }
  if (sequence > landmark_.sequence)
    landmark_ = {sequence, message.timestamp};
  newest_ = std::max(newest_, message.timestamp);
  highest_sequence_ = std::max(highest_sequence_, sequence);
  if (in_flight) {
    redeliveries_++;
    return std::nullopt;
  }
  take_in(era, sequence);
  if (stored) {
    // The server has forgotten the ack, or it was never sent.
    redeliveries_++;
    answers_of(known_, era).acks.append(sequence);
    return std::nullopt;
  }
  taken_++;
  taken_bytes_ += message.data.size;
  return era;
}

// A consumer numbers what it delivers. Of two numbers that follow each other, both of first deliveries, the server went
// from the one message to the other, and no host got what is between them. It was not in the stream, or the server
// passed over it: nats-server 2.9 does after a purge by subject.
void SharedCommitter::note_skipped(const jetcapture_message &message, std::uint32_t connection) {
  const bool is_first = message.deliveries == 1;
  if (is_first && before_.consumer_sequence > 0 && message.consumer_sequence == before_.consumer_sequence + 1 &&
      connection == before_.connection && message.stream_sequence > before_.sequence + 1)
    ledger_->skipped({before_.sequence + 1, message.stream_sequence - 1});
  before_ = {message.stream_sequence, is_first ? message.consumer_sequence : 0, connection};
}

// Messages up to what the ledger was read to were acked once, so all parts of them are stored; of others some may not
// be.
void SharedCommitter::look_up(std::uint64_t sequence) {
  const std::uint64_t acked = ledger_->earlier_runs().floor();
  for (const EarlierLine &line : ledger_->earlier_runs().look_up(sequence)) {
    if (line.block.first_sequence > acked)
      continue;
    SequenceList stored;
    for (const std::uint64_t own : line.block.own)
      if (own <= acked)
        stored.append(own);
    for (const SharedMessage &shared : line.block.shared)
      if (shared.sequence <= acked)
        stored.append(shared.sequence);
    journal_.remember(stored, line.block.last_timestamp);
    newest_ = std::max(newest_, line.block.last_timestamp);
  }
}

SharedCommitter::Answers &SharedCommitter::answers_of(std::vector<Answers> &answers, Era era) {
  for (Answers &of_generation : answers)
    if (of_generation.era.generation == era.generation) {
      of_generation.era.connection = std::min(of_generation.era.connection, era.connection);
      return of_generation;
    }
  return answers.emplace_back(Answers{era});
}

void SharedCommitter::filtered(std::uint64_t sequence, Era era) {
  const MutexLock lock(mutex_);
  answers_of(answers_, era).acks.append(sequence);
}

void SharedCommitter::already_stored(std::uint64_t sequence, Era era) {
  const MutexLock lock(mutex_);
  answers_of(stored_before_, era).acks.append(sequence);
}

void SharedCommitter::terminated(std::uint64_t sequence, Era era) {
  const MutexLock lock(mutex_);
  answers_of(answers_, era).terminations.append(sequence);
}

void SharedCommitter::refused(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  refused_.insert(sequence);
}

void SharedCommitter::in_several(std::uint64_t sequence, std::vector<std::uint64_t> blocks) {
  // Each of its blocks is looked up, and a message may be in many.
  std::sort(blocks.begin(), blocks.end());
  const MutexLock lock(mutex_);
  const std::size_t count = blocks.size();
  in_several_.emplace(sequence, InSeveral{count, std::move(blocks)});
}

bool SharedCommitter::part_is_stored(const jetcapture_message &message, std::int64_t interval_start,
                                     std::string_view key) {
  return earlier_.has_part(message.stream_sequence, message.timestamp, interval_start, key);
}

void SharedCommitter::before_store(const SealedBlock &block) {
  // First: of what the journal knows to be under way, the outbox knows it, too.
  if (notifier_ != nullptr)
    notified([&] { notifier_->before_store(block); });
  journal_.intent(block);
}

void SharedCommitter::stored(const SealedBlock &block) {
  // That it is stored stands in the journal before the first ack goes out.
  journal_.stored(block.id);
  fault_point("after-journal");
  if (ledger_ != nullptr)
    ledger_->done(block.id);
  // Before the first ack: once all are confirmed, the journal forgets the block.
  if (notifier_ != nullptr)
    notified([&] { notifier_->stored(block.name); });
  AckOrder order = {.sequences = block.own,
                    .blocks = {block.id},
                    .era = block.era,
                    .newest = {block.last_sequence, block.last_sequence_timestamp}};
  // Before another thread can ack the last message of this block with its own order.
  unanswered_orders_++;
  {
    const MutexLock lock(mutex_);
    // A message in several blocks is acked with the one that is stored last.
    block.shared.for_each([&](std::uint64_t sequence) {
      mutex_.assert_held();
      const auto [first, end] = in_several_.equal_range(sequence);
      const auto found = std::find_if(first, end, [&](const auto &entry) {
        const std::vector<std::uint64_t> &blocks = entry.second.blocks;
        return std::binary_search(blocks.begin(), blocks.end(), block.id);
      });
      if (found == end || --found->second.left > 0)
        return;
      order.sequences.append(sequence);
      order.blocks.insert(order.blocks.end(), found->second.blocks.begin(), found->second.blocks.end());
      in_several_.erase(found);
    });
    unconfirmed_[block.id] += 1 + block.shared.size();
    counters_.acking_blocks = unconfirmed_.size() + earlier_.size();
  }
  delivery_.ack(std::move(order));
}

void SharedCommitter::tick(bool storing, std::optional<std::uint64_t>) {
  for (const AckOutcome &outcome : delivery_.take_confirmed())
    release(outcome);
  send_answers();
  learn_from_server();
  keep_alive(storing);
  in_flight_.beat(clock_.wall());
  const auto publish = [](auto &published, auto value) { published.store(value, std::memory_order_relaxed); };
  publish(counters_.messages, taken_);
  publish(counters_.message_bytes, taken_bytes_);
  publish(counters_.redeliveries, redeliveries_);
  publish(counters_.in_flight, in_flight_.size());
  publish(counters_.newest_timestamp, newest_);
}

// Confirmed: the server has taken the acks, and no redelivery of the messages can still arrive. Else they were returned
// to the stream, since it could not be told that it still has them as they were taken: those that it has come again,
// and are known by what is stored.
void SharedCommitter::release(const AckOutcome &outcome) {
  const AckOrder &order = outcome.order;
  unanswered_orders_--;
  std::vector<std::uint64_t> finished;
  {
    const MutexLock lock(mutex_);
    for (const std::uint64_t id : order.blocks)
      if (const auto found = unconfirmed_.find(id); found != unconfirmed_.end() && --found->second == 0) {
        unconfirmed_.erase(found);
        finished.push_back(id);
      }
  }
  done(finished);
  // Blocks with messages that are not acked yet are not in the journal's history, and these may come again: returned,
  // or their acks forgotten.
  if (finished.size() < order.blocks.size() && order.newest.timestamp != 0)
    journal_.remember(order.sequences, order.newest.timestamp);
  for (const std::uint64_t id : order.blocks)
    done(earlier_.settled(id));
  order.sequences.for_each([&](std::uint64_t sequence) {
    let_go(order.era, sequence);
    if (outcome.confirmed)
      done(earlier_.acked(sequence));
  });
  if (outcome.confirmed)
    counters_.acked += order.sequences.size();
  else
    delivery_.give_back(order.sequences);
  const MutexLock lock(mutex_);
  counters_.acking_blocks = unconfirmed_.size() + earlier_.size();
}

void SharedCommitter::done(const std::vector<std::uint64_t> &blocks) {
  for (const std::uint64_t id : blocks) {
    journal_.done(id);
    if (ledger_ != nullptr)
      ledger_->settled(id);
    log_.debug("block acked: the server has confirmed it", {{"block", id}});
  }
}

void SharedCommitter::take_in(Era era, std::uint64_t sequence) {
  if (in_flight_.insert(era.generation, sequence) && sequence <= last_at_start_)
    in_flight_of_start_++;
}

void SharedCommitter::let_go(Era era, std::uint64_t sequence) {
  if (in_flight_.erase(era.generation, sequence) && sequence <= last_at_start_)
    in_flight_of_start_--;
}

void SharedCommitter::send_answers() {
  std::vector<Answers> stored = std::exchange(known_, {});
  std::vector<Answers> in_no_block;
  {
    const MutexLock lock(mutex_);
    std::move(stored_before_.begin(), stored_before_.end(), std::back_inserter(stored));
    stored_before_.clear();
    in_no_block = std::exchange(answers_, {});
  }
  if (ledger_ != nullptr) {
    record_answers(std::move(in_no_block));
    in_no_block = take_recorded();
  }
  for (std::vector<Answers> *all : {&stored, &in_no_block})
    for (Answers &answers : *all)
      answer(std::move(answers));
}

// Messages that are in no block stand in the ledger before they are acked.
void SharedCommitter::record_answers(std::vector<Answers> all) {
  for (Answers &answers : all) {
    const auto within = std::min<std::chrono::nanoseconds>(longest_unrecorded, delivery_.ack_wait() / 4);
    const std::uint64_t ticket = ledger_->pass(answers.acks, answers.terminations, {}, within);
    unrecorded_.emplace_back(ticket, std::move(answers));
  }
  // The budget is needed for what comes.
  const auto budget = delivery_.ack_budget();
  if (budget && in_flight_.size() >= *budget / 2)
    ledger_->hurry();
}

std::vector<SharedCommitter::Answers> SharedCommitter::take_recorded() {
  std::vector<Answers> recorded;
  while (!unrecorded_.empty() && unrecorded_.front().first <= ledger_->passed()) {
    recorded.push_back(std::move(unrecorded_.front().second));
    unrecorded_.pop_front();
  }
  return recorded;
}

void SharedCommitter::answer(Answers answers) {
  // After a reconnect the stream may have another message there: it must not be terminated.
  const bool may_be_others = answers.era.connection < delivery_.connection();
  if (may_be_others && !answers.terminations.empty())
    delivery_.give_back(answers.terminations);
  answers.terminations.for_each([&](std::uint64_t sequence) {
    if (!may_be_others)
      delivery_.terminate(sequence);
    let_go(answers.era, sequence);
  });
  if (answers.acks.empty())
    return;
  unanswered_orders_++;
  delivery_.ack({.sequences = std::move(answers.acks), .blocks = {}, .era = answers.era, .newest = {}});
}

void SharedCommitter::hear(const Delivery::Progress &progress) {
  const MutexLock lock(mutex_);
  heard_ = progress;
  heard_at_ = clock_.now();
}

// nullopt: the server was not asked, or did not answer, for a while.
std::optional<Delivery::Progress> SharedCommitter::heard() const {
  const MutexLock lock(mutex_);
  return heard_ && clock_.now() - heard_at_ < answer_is_fresh ? heard_ : std::nullopt;
}

bool SharedCommitter::is_settled() const {
  if (unanswered_orders_ > 0)
    return false;
  const MutexLock lock(mutex_);
  return in_flight_.size() == refused_.size();
}

bool SharedCommitter::budget_is_used_up() const {
  const auto budget = delivery_.ack_budget();
  const auto progress = heard();
  return budget && progress && progress->not_delivered > 0 && progress->not_acked >= *budget;
}

void SharedCommitter::learn_from_server() {
  const Clock::time_point now = clock_.now();
  const bool due = now >= next_floor_;
  if (!due && earlier_.size() == 0)
    return;
  const auto progress = heard();
  const std::uint64_t floor = progress ? progress->ack_floor_sequence : 0;
  if (floor == 0)
    return;
  done(earlier_.acked_up_to(floor));
  if (!due)
    return;
  next_floor_ = now + between_floors;
  journal_.safe_up_to(floor);
  if (ledger_ != nullptr)
    ledger_->acked_up_to(floor);
  floors_.push_back({floor, now});
  const auto safe = std::find_if(floors_.rbegin(), floors_.rend(),
                                 [&](const Floor &seen) { return now - seen.seen >= floor_is_safe_after; });
  if (safe == floors_.rend())
    return;
  journal_.forget_below(safe->sequence);
  if (ledger_ != nullptr)
    ledger_->earlier_runs().forgotten_up_to(safe->sequence);
  journal_.forget_generations_before(std::min(in_flight_.oldest_generation(), earlier_.oldest_generation()));
  floors_.erase(floors_.begin(), safe.base());
}

// When storing takes so long that messages could be delivered again, the server is told that they are still being
// worked on. Blocks are sealed before half of ack_wait is over, so this begins early enough.
void SharedCommitter::keep_alive(bool storing) {
  const Clock::time_point now = clock_.now();
  if (!storing)
    storing_since_ = now;
  if (!to_keep_alive_.empty()) {
    const std::uint32_t generation = journal_.generation_of(newest_);
    SequenceList some;
    for (std::size_t i = 0; i < keep_alives_a_tick && !to_keep_alive_.empty(); i++) {
      if (in_flight_.contains(generation, to_keep_alive_.back()))
        some.append(to_keep_alive_.back());
      to_keep_alive_.pop_back();
    }
    counters_.keep_alives += some.size();
    delivery_.keep_alive(some);
    return;
  }
  if (now - storing_since_ < delivery_.ack_wait() / 4 || now < next_keep_alive_)
    return;
  next_keep_alive_ = now + std::chrono::duration_cast<Clock::time_point::duration>(delivery_.ack_wait() / 4);
  in_flight_.for_each([this](std::uint64_t sequence) { to_keep_alive_.push_back(sequence); });
  log_.debug("telling the server that messages in flight are still being worked on",
             {{"messages", to_keep_alive_.size()}});
}

std::uint64_t SharedCommitter::over_budget(std::uint64_t open_messages) const {
  const auto budget = delivery_.ack_budget();
  // Begin early enough that the rest of the budget lasts while blocks are stored; end late enough that files do not get
  // tiny.
  if (!budget || in_flight_.size() < *budget - *budget / 4 || open_messages <= *budget / 4)
    return 0;
  return open_messages - *budget / 4;
}

SharedCommitter::Rest SharedCommitter::give_up(const std::vector<SequenceList> &unstored) {
  // A consumer that is recreated later goes on from what is safe at the end.
  next_floor_ = {};
  learn_from_server();
  std::vector<std::uint64_t> back;
  const auto goes_back = [&](std::uint64_t sequence) { back.push_back(sequence); };
  for (const SequenceList &list : unstored)
    list.for_each(goes_back);
  for (const auto &[ticket, answers] : unrecorded_) {
    answers.acks.for_each(goes_back);
    answers.terminations.for_each(goes_back);
  }
  {
    const MutexLock lock(mutex_);
    std::for_each(refused_.begin(), refused_.end(), goes_back);
  }
  std::sort(back.begin(), back.end());
  back.erase(std::unique(back.begin(), back.end()), back.end());
  SequenceList to_give_back;
  for (const std::uint64_t sequence : back)
    to_give_back.append(sequence);
  Rest rest;
  in_flight_.for_each([&](std::uint64_t sequence) {
    rest.unconfirmed += std::binary_search(back.begin(), back.end(), sequence) ? 0 : 1;
  });
  rest.returned = to_give_back.size();
  if (!to_give_back.empty())
    delivery_.give_back(to_give_back);
  const std::uint32_t generations = journal_.generation_of(newest_) + 1;
  for (std::uint32_t generation = in_flight_.oldest_generation(); generation < generations; generation++)
    to_give_back.for_each([&](std::uint64_t sequence) { let_go({generation, 0}, sequence); });
  counters_.in_flight = in_flight_.size();
  return rest;
}

} // namespace jetcapture::host
