#include "status/observer.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t samples_for_rates = 6;
constexpr std::size_t most_history = 300;
constexpr auto answer_is_fresh = 30s;

std::int64_t now_since_1970() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

double seconds(std::chrono::steady_clock::duration duration) {
  return std::max(0.0, std::chrono::duration<double>(duration).count());
}

double seconds_since(std::int64_t then, std::int64_t now) {
  return then >= now ? 0 : static_cast<double>(now - then) / 1e9;
}

} // namespace

Observer::Observer(Sources sources, HostFacts facts)
    : sources_(std::move(sources)), facts_(std::move(facts)), begin_(Clock::now()), call_watch_(sources_.calls),
      last_message_(begin_), progress_at_(begin_) {}

void Observer::ask_server(std::chrono::milliseconds timeout) {
  const std::uint64_t in_flight_before = sources_.counters.in_flight;
  std::optional<Delivery::Progress> progress;
  try {
    if (sources_.delivery.vitals().connected)
      progress = sources_.delivery.progress(timeout);
  } catch (const DeliveryError &) {
    // The capture meets it too, and ends.
  }
  if (progress)
    sources_.hear(*progress);
  const std::uint64_t in_flight = std::max(in_flight_before, sources_.counters.in_flight.load());
  const bool acks_on_their_way = sources_.delivery.vitals().acks_outstanding > 0;
  const MutexLock lock(mutex_);
  answered_ = progress.has_value();
  if (!progress)
    return;
  progress_ = progress;
  progress_at_ = Clock::now();
  // While messages come, what is on its way here can't be told from what another host has.
  const std::uint64_t elsewhere = progress->elsewhere(in_flight);
  const std::uint64_t came = sources_.counters.messages + sources_.counters.redeliveries;
  const bool quiet = std::exchange(came_, came) == came && !sources_.counters.paused;
  if (quiet && !acks_on_their_way)
    unstored_elsewhere_ = elsewhere;
  else
    unstored_elsewhere_ = std::min(unstored_elsewhere_, progress->elsewhere(0));
  if (progress->server_time)
    clock_behind_ = static_cast<double>(*progress->server_time - now_since_1970()) / 1e9;
}

void Observer::tick() {
  const Sample sample = {Clock::now(), sources_.counters.messages.load(), sources_.counters.message_bytes.load()};
  const Delivery::Vitals vitals = sources_.delivery.vitals();
  const MutexLock lock(mutex_);
  calls_ = call_watch_.look(sample.at);
  if (!samples_.empty() && samples_.back().messages != sample.messages)
    last_message_ = sample.at;
  samples_.push_back(sample);
  if (samples_.size() > samples_for_rates)
    samples_.pop_front();
  history_.push_back({now_since_1970(), a_second(&Sample::messages)});
  if (history_.size() > most_history)
    history_.pop_front();
  if (progress_ && lag_messages(vitals) == 0)
    caught_up_at_ = now_since_1970();
}

std::vector<Observer::Rate> Observer::history() const {
  const MutexLock lock(mutex_);
  return {history_.begin(), history_.end()};
}

double Observer::a_second(std::uint64_t Sample::*count) const {
  if (samples_.size() < 2)
    return 0;
  const double took = std::max(0.001, seconds(samples_.back().at - samples_.front().at));
  return static_cast<double>(samples_.back().*count - samples_.front().*count) / took;
}

// What was heard last counts: from the last message, or from the consumer.
std::uint64_t Observer::lag_messages(const Delivery::Vitals &vitals) const {
  if (vitals.not_delivered && (!progress_ || last_message_ > progress_at_))
    return *vitals.not_delivered;
  return progress_ ? progress_->not_delivered : 0;
}

Snapshot Observer::look() const {
  const Counters &counters = sources_.counters;
  const Clock::time_point now = Clock::now();
  Snapshot snapshot;
  snapshot.facts = facts_;
  snapshot.time = now_since_1970();
  snapshot.uptime = seconds(now - begin_);
  snapshot.phase = counters.phase;
  snapshot.since_beat = seconds(now - counters.last_beat.load());
  read_counters(snapshot);
  snapshot.spool = sources_.spool.used();
  if (sources_.journal != nullptr) {
    snapshot.journal = sources_.journal->bytes();
    snapshot.journal_pending = sources_.journal->pending_bytes();
    snapshot.journal_problem = sources_.journal->problem();
    snapshot.uncertain_records = sources_.journal->uncertain_records();
  }
  snapshot.delivery = sources_.delivery.vitals();
  snapshot.facts.ack_wait = snapshot.delivery.ack_wait;
  snapshot.facts.ack_limit = snapshot.delivery.ack_budget.value_or(0);
  const std::int64_t oldest = std::min(counters.oldest_open_timestamp.load(), snapshot.store.oldest_timestamp);
  const Clock::time_point opened = std::min(counters.oldest_opened.load(), snapshot.store.oldest_opened);
  snapshot.longest_in_flight = opened == Clock::time_point::max() ? 0 : seconds(now - opened);
  snapshot.oldest_unstored = seconds_since(oldest, snapshot.time);
  add_what_was_seen(snapshot, now);
  return snapshot;
}

// The figures of the capture, as they are there.
void Observer::read_counters(Snapshot &snapshot) const {
  const Counters &counters = sources_.counters;
  snapshot.starts = counters.starts;
  snapshot.failure = counters.failure.sentence();
  static_cast<Totals &>(snapshot) = sources_.before.with(counters);
  snapshot.notifications_waiting = counters.notifications_waiting;
  snapshot.possibly_lost_first = counters.possibly_lost_first;
  snapshot.possibly_lost_last = counters.possibly_lost_last;
  snapshot.keep_alives = counters.keep_alives;
  snapshot.in_flight = counters.in_flight;
  snapshot.open_blocks = counters.open_blocks;
  snapshot.acking_blocks = counters.acking_blocks;
  snapshot.memory = counters.memory;
  snapshot.paused = counters.paused;
  snapshot.store = counters.store.snapshot();
  if (auto wait = counters.waits.longest()) {
    snapshot.waits = seconds(Clock::now() - wait->since);
    snapshot.wait = std::move(*wait);
  }
}

// What ticks and the server's answers have told.
void Observer::add_what_was_seen(Snapshot &snapshot, Clock::time_point now) const {
  const Counters &counters = sources_.counters;
  const MutexLock lock(mutex_);
  snapshot.calls = calls_;
  snapshot.since_message = seconds(now - last_message_);
  snapshot.consumer_known = answered_ && now - progress_at_ < answer_is_fresh;
  snapshot.messages_per_second = a_second(&Sample::messages);
  snapshot.bytes_per_second = a_second(&Sample::bytes);
  if (progress_) {
    snapshot.safe_sequence = progress_->ack_floor_sequence;
    snapshot.not_acked = progress_->not_acked;
  }
  snapshot.coverage = sources_.delivery.coverage();
  if (facts_.begins_at)
    snapshot.coverage.first_sequence = *facts_.begins_at > 0 ? facts_.begins_at : std::nullopt;
  snapshot.unstored_elsewhere = unstored_elsewhere_;
  // The server's own word, or, of a server that does not give it, what messages tell.
  snapshot.clock_behind =
      clock_behind_ ? *clock_behind_ : std::chrono::duration<double>(counters.clock_behind.load()).count();
  if (snapshot.facts.ack_limit > 0) {
    // What is acked and not confirmed is held here, and no longer pending there.
    const std::uint64_t used = std::max(snapshot.in_flight, progress_ ? progress_->not_acked : 0);
    snapshot.ack_budget = std::min(1.0, static_cast<double>(used) / static_cast<double>(snapshot.facts.ack_limit));
  }
  const std::uint64_t heard_last = lag_messages(snapshot.delivery);
  const bool told_by_messages = snapshot.delivery.not_delivered && now - last_message_ < answer_is_fresh;
  if (snapshot.delivery.connected && (snapshot.consumer_known || told_by_messages))
    snapshot.lag_messages = heard_last;
  if (heard_last > 0) {
    // What waits came after the newest that was taken, and after nothing was waiting.
    const std::int64_t after = std::max(counters.newest_timestamp.load(), caught_up_at_);
    snapshot.lag_seconds = after == INT64_MIN ? snapshot.uptime : seconds_since(after, snapshot.time);
    snapshot.oldest_unstored = std::max(snapshot.oldest_unstored, snapshot.lag_seconds);
  }
}

} // namespace jetcapture::host
