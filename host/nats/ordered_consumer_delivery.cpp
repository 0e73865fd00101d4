#include "nats/ordered_consumer_delivery.hpp"

#include "nats/stream_limits.hpp"
#include "settings/settings.hpp"
#include "strings/strings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr int not_found = 404;
constexpr std::chrono::milliseconds shortest_question = 1ms;
constexpr std::chrono::milliseconds longest_question = 2s;
constexpr std::chrono::milliseconds shortest_pause = 250ms;
constexpr std::chrono::milliseconds longest_pause = 10s;
// A cluster may give the consumer to a server that has just died.
constexpr std::chrono::milliseconds first_creation_timeout = 1s;
constexpr std::chrono::milliseconds longest_creation_timeout = 5s;
constexpr std::chrono::milliseconds between_looks = 20ms;
constexpr auto between_looks_for_end = 500ms;
constexpr std::chrono::milliseconds first_silence_timeout = 2500ms;
constexpr std::chrono::milliseconds longest_silence_timeout = 10s;
// A cluster may not know everywhere at once that a consumer was made.
constexpr auto time_to_be_known = 3s;
// A server that has just started, or has just become the leader, may not know all yet.
constexpr int enough_refusals = 3;
constexpr auto shortest_time_of_refusals = 3s;

// The stream is not the one that was read, or has not what was read: one sentence.
struct WrongStream : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::uint64_t less(std::uint64_t value, std::uint64_t by) {
  return value - std::min(value, by);
}

std::chrono::milliseconds doubled(std::chrono::milliseconds first, int times, std::chrono::milliseconds longest) {
  constexpr int most_doublings = 10;
  return std::min(first * (1 << std::min(times, most_doublings)), longest);
}

} // namespace

OrderedRange range_behind(JetStream &jetstream, const std::string &stream, std::uint64_t after) {
  const StreamState state = stream_state(stream_info(jetstream, stream));
  OrderedRange range = {.after = after, .stream_ends_at = state.last_sequence};
  if (after == 0 || after < state.first_sequence || after > state.last_sequence)
    return range;
  try {
    range.after_timestamp = timestamp_of(jetstream, stream, after).value_or(0);
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
  }
  return range;
}

// A capture may be told to begin behind the end of the stream: then nothing is known of it. Until a consumer tells how
// much it will deliver, all that the stream has waits.
OrderedConsumerDelivery::OrderedConsumerDelivery(Connection &pulls, Connection &asks, JetStream &jetstream,
                                                 const ConsumerFacts &consumer, const OrderedRange &range,
                                                 const Settings &settings, Log &log,
                                                 std::chrono::nanoseconds inactive_threshold)
    : pulls_(pulls), asks_(asks), jetstream_(jetstream), creates_(pulls, settings.connection), facts_([&] {
        ConsumerFacts facts = consumer;
        facts.coverage.first_sequence = range.after + 1;
        return facts;
      }()),
      settings_(settings), log_(log), inactive_threshold_(inactive_threshold), last_(range.last),
      reached_end_(range.after >= range.last), stream_ends_at_(range.stream_ends_at),
      last_sequence_at_start_(std::min(range.stream_ends_at, range.last)), position_(range.after), given_(range.after),
      known_(range.after <= range.stream_ends_at ? KnownMessage{range.after, range.after_timestamp} : KnownMessage()),
      made_(Clock::now()), not_before_(Clock::now()), stored_(range.after),
      pull_refusals_("nats consumer report " + consumer.stream, log), told_{.sequence = range.after,
                                                                            .pending = less(last_sequence_at_start_,
                                                                                            range.after)} {}

OrderedConsumerDelivery::~OrderedConsumerDelivery() = default;

bool OrderedConsumerDelivery::next(jetcapture_message &message, std::chrono::milliseconds wait) {
  current_.drop();
  if (is_removed_when_delivered_.load(std::memory_order_relaxed))
    throw DeliveryError("the stream " + facts_.stream +
                        " was given another retention than limits while it was captured: the server removes what is "
                        "delivered, also what is not stored; set it back and restart jetcapture, or use --delivery "
                        "shared");
  if (has_reached_end()) {
    std::this_thread::sleep_for(std::min(wait, between_looks));
    return false;
  }
  if (puller_ && is_in_doubt())
    abandon(puller_->doubt_reason());
  if (!puller_ && !begin_consumer(wait))
    return false;
  MessagePtr taken = take(wait);
  if (!taken) {
    look_for_end();
    return false;
  }
  const auto ack = current_.take(std::move(taken));
  if (!ack) {
    log_.warn("a message without an ack subject came on the pull inbox and is ignored",
              {{"subject", natsMsg_GetSubject(current_.get())}});
    return false;
  }
  const OrderedPosition::Verdict verdict = position_.see(ack->consumer_sequence, ack->stream_sequence);
  if (verdict == OrderedPosition::Verdict::lost) {
    abandon("messages were lost on their way");
    return false;
  }
  if (!is_proven_)
    note_sign_of_life();
  if (verdict == OrderedPosition::Verdict::old) {
    const MutexLock lock(mutex_);
    given_before_consumer_--;
    return false;
  }
  if (ack->stream_sequence >= last_) {
    reached_end_ = true;
    stop_pulling();
    if (ack->stream_sequence > last_)
      return false;
  }
  current_.fill(message, *ack);
  message.consumer = text_of(facts_.consumer);
  message.consumer_sequence = position_.given() + 1;
  message.deliveries = 1;
  known_ = {ack->stream_sequence, ack->timestamp};
  last_known_[position_.given() % last_known_.size()] = known_;
  given_.publish(ack->stream_sequence, position_.given());
  not_delivered_.store(ack->pending, std::memory_order_relaxed);
  return true;
}

MessagePtr OrderedConsumerDelivery::take(std::chrono::milliseconds wait) {
  try {
    if (MessagePtr message = puller_->next(wait))
      return message;
  } catch (const ConsumerGone &error) {
    abandon(error.what());
    return nullptr;
  }
  // All that has come is seen.
  if (const auto &heartbeat = puller_->last_heartbeat()) {
    if (position_.has_lost_tail(heartbeat))
      abandon("the last messages were lost on their way");
    else if (!is_proven_)
      note_sign_of_life();
  }
  return nullptr;
}

// The stream goes on behind the end, and what it has next may come late or never: it is asked. Without the permission
// the next message tells.
void OrderedConsumerDelivery::look_for_end() {
  if (stream_ends_at_.load(std::memory_order_relaxed) < last_ || !may_read_stream_ || Clock::now() < next_look_for_end_)
    return;
  next_look_for_end_ = Clock::now() + between_looks_for_end;
  try {
    const auto next = next_sequence(jetstream_, facts_.stream, facts_.coverage.filters, position_.last() + 1);
    reached_end_ = !next || *next > last_;
    if (has_reached_end())
      stop_pulling();
  } catch (const NoAnswer &error) {
    if (error.reason == Unanswered::not_permitted)
      may_read_stream_ = false;
  }
}

// A new consumer gets some time: until all servers know it, nobody may take its pull requests.
bool OrderedConsumerDelivery::is_in_doubt() {
  return puller_->take_doubt() && !stopped_ &&
         (is_proven_ || pulls_.reconnects() != made_on_ || Clock::now() - made_ > time_to_be_known);
}

void OrderedConsumerDelivery::note_sign_of_life() {
  is_proven_ = true;
  failures_ = 0;
  const MutexLock lock(mutex_);
  trouble_.clear();
}

// What has come of the consumer and was not given comes again.
void OrderedConsumerDelivery::abandon(const std::string &reason) {
  std::unique_ptr<Puller> puller;
  std::unique_ptr<EphemeralConsumer> consumer;
  {
    const MutexLock lock(mutex_);
    earlier_pulls_ += puller_ ? puller_->requests() : 0;
    puller = std::move(puller_);
    consumer = std::move(consumer_);
    const std::uint64_t deliveries = position_.given() + 1;
    told_ = {position_.last(), deliveries, told_.pending + less(told_.deliveries, deliveries)};
  }
  abandoned_for_ = reason;
  not_before_ = Clock::now();
  if (failures_ > 0)
    not_before_ += doubled(shortest_pause, failures_ - 1, longest_pause);
  failures_++;
}

// False: there is none yet.
bool OrderedConsumerDelivery::begin_consumer(std::chrono::milliseconds wait) {
  if (stopped_)
    return false;
  for (const Connection *connection : {&pulls_, &asks_})
    if (connection->closed())
      throw DeliveryError("the connection to NATS was closed for good: " + connection->last_error());
  if (Clock::now() < not_before_ || !pulls_.connected() || !asks_.connected()) {
    std::this_thread::sleep_for(std::min(wait, between_looks));
    return false;
  }
  try {
    make_consumer();
    return true;
  } catch (const ApiError &error) {
    if (error.code == not_found)
      refuse_stream("the stream " + facts_.stream + " is gone (" + error.what() +
                    "): it was deleted while it was captured; restore it and restart jetcapture");
    postpone(error.what());
  } catch (const WrongStream &error) {
    refuse_stream(error.what());
    postpone(error.what());
  } catch (const NoAnswer &error) {
    postpone(error.what());
  }
  return false;
}

// The stream is looked at once the consumer is there: a server that loses the end of the stream loses the consumer,
// too, which it has in memory.
void OrderedConsumerDelivery::make_consumer() {
  made_on_ = pulls_.reconnects();
  auto consumer = std::make_unique<EphemeralConsumer>(
      creates_, jetstream_,
      EphemeralRequest{.stream = facts_.stream,
                       .capture = facts_.consumer,
                       .filters = facts_.coverage.filters,
                       .first_sequence = position_.last() + 1,
                       .inactive_threshold = inactive_threshold_,
                       .timeout = doubled(first_creation_timeout, failures_, longest_creation_timeout)});
  check_stream(stream_info(jetstream_, facts_.stream, longest_question));
  if (pulls_.reconnects() != made_on_ || !pulls_.connected())
    throw NoAnswer(Unanswered::lost, "the connection was cut off while a consumer was made");
  auto puller = std::make_unique<Puller>(
      pulls_,
      PulledConsumer{.api_prefix = jetstream_.prefix(),
                     .stream = facts_.stream,
                     .consumer = consumer->name(),
                     .limits = [limits = consumer->settings()] { return limits; },
                     .silence_timeout =
                         doubled(first_silence_timeout, std::max(failures_ - 1, 0), longest_silence_timeout)},
      pull_refusals_, settings_, log_);
  log_.debug("a consumer was made", {{"consumer", consumer->name()}, {"from_sequence", position_.last() + 1}});
  if (const auto held_back = abandoned_for_.empty() ? std::nullopt : consumer_lines_.admit())
    log_.info("reading goes on with a new consumer", {{"consumer", consumer->name()},
                                                      {"from_sequence", position_.last() + 1},
                                                      {"reason", abandoned_for_},
                                                      {"others_since_last_line", *held_back}});
  position_.begin_consumer();
  is_proven_ = false;
  made_ = Clock::now();
  const MutexLock lock(mutex_);
  consumer_ = std::move(consumer);
  puller_ = std::move(puller);
  given_before_consumer_ = static_cast<std::int64_t>(position_.given());
  told_.pending = consumer_->state().pending;
}

// Throws WrongStream: what the consumer gives can't be taken.
void OrderedConsumerDelivery::check_stream(const json &info) {
  const StreamState stream = stream_state(info);
  const bool may_be_there = known_.sequence >= std::max<std::uint64_t>(stream.first_sequence, 1) &&
                            known_.sequence <= stream.last_sequence && known_.timestamp != 0;
  const auto there = may_be_there ? ask_for_what_is_there() : std::nullopt;
  Continuity found = continuity_of(known_, facts_.stream_created, stream, there);
  // The stream may have been edited, and that message deleted.
  if (found == Continuity::another && has_one_of_the_last())
    found = continuity_of(known_, stream.created, stream, there);
  switch (found) {
  case Continuity::same:
    refusals_ = 0;
    return;
  case Continuity::lost_its_end:
    throw WrongStream("the stream " + facts_.stream + " has lost its last messages: it does not have sequence " +
                      std::to_string(known_.sequence) +
                      " any more as it was read; restart jetcapture: it goes back to where stream and capture "
                      "agree, and captures what the stream has now");
  case Continuity::another:
    throw WrongStream("the stream " + facts_.stream +
                      " was deleted and recreated while it was captured; restart jetcapture with a new --consumer "
                      "name to capture the new one");
  }
}

// As continuity_of() takes it.
std::optional<std::int64_t> OrderedConsumerDelivery::ask_for_what_is_there() {
  const std::optional<std::int64_t> there = ask_for_timestamp(known_.sequence);
  if (there || !may_read_stream_)
    return there;
  const std::optional<MessageTime> before = newest_up_to(jetstream_, facts_.stream, known_.sequence);
  return before && before->timestamp > known_.timestamp ? std::optional(before->timestamp) : std::nullopt;
}

bool OrderedConsumerDelivery::has_one_of_the_last() {
  return std::any_of(last_known_.begin(), last_known_.end(), [this](const KnownMessage &message) {
    return message.timestamp != 0 && ask_for_timestamp(message.sequence) == message.timestamp;
  });
}

// Throws DeliveryError once it was found for long enough.
void OrderedConsumerDelivery::refuse_stream(const std::string &sentence) {
  if (refusals_++ == 0)
    first_refusal_ = Clock::now();
  if (refusals_ >= enough_refusals && Clock::now() - first_refusal_ >= shortest_time_of_refusals)
    throw DeliveryError(sentence);
}

void OrderedConsumerDelivery::postpone(const std::string &reason) {
  not_before_ = Clock::now() + doubled(shortest_pause, failures_, longest_pause);
  failures_++;
  if (const auto held_back = failure_lines_.admit())
    log_.warn("no consumer can be made now; it is tried again",
              {{"stream", facts_.stream}, {"reason", reason}, {"others_since_last_line", *held_back}});
  const MutexLock lock(mutex_);
  trouble_ = "no consumer can be made on the stream " + facts_.stream + ": " + reason;
}

// nullopt: there is no such message, or there is no permission to ask.
std::optional<std::int64_t> OrderedConsumerDelivery::ask_for_timestamp(std::uint64_t sequence) {
  try {
    return may_read_stream_ ? timestamp_of(jetstream_, facts_.stream, sequence) : std::nullopt;
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
    may_read_stream_ = false; // it was told at the start
    return std::nullopt;
  }
}

bool OrderedConsumerDelivery::has(std::uint64_t sequence, std::int64_t timestamp) {
  try {
    return ask_for_timestamp(sequence) == timestamp;
  } catch (const NoAnswer &) {
    return false;
  }
}

void OrderedConsumerDelivery::stop_pulling() {
  if (!std::exchange(stopped_, true) && puller_)
    puller_->stop();
}

std::uint64_t OrderedConsumerDelivery::give_back_rest() {
  stopped_ = true;
  if (puller_)
    abandon("the capture ends");
  return 0;
}

void OrderedConsumerDelivery::stored_up_to(std::uint64_t sequence, std::uint64_t in_flight) {
  stored_.store(sequence, std::memory_order_relaxed);
  in_flight_.store(in_flight, std::memory_order_relaxed);
}

// A message that was deleted alone counts as the oldest of the stream.
std::optional<OrderedDelivery::Kept> OrderedConsumerDelivery::keeps_behind(std::uint64_t sequence,
                                                                           std::chrono::milliseconds timeout) {
  try {
    const json info = stream_info(jetstream_, facts_.stream, timeout);
    const StreamState stream = stream_state(info);
    const std::int64_t now = std::max(now_of(info), stream.last_timestamp);
    const std::optional<EarlyDiscard> limit = shortest_kept(info, now);
    if (!limit || sequence >= stream.last_sequence)
      return Kept{};
    const std::int64_t timestamp =
        ask_for_timestamp(std::max(sequence + 1, stream.first_sequence)).value_or(stream.first_timestamp);
    return Kept{.time = limit->keeps - std::chrono::nanoseconds(now - timestamp), .limit = limit->limit};
  } catch (const NoAnswer &) {
    return std::nullopt;
  } catch (const ApiError &) {
    return std::nullopt;
  }
}

// As the consumer tells it. Where it can't, as it was told last or is known here: what came of a consumer that is gone
// may still wait to be given.
OrderedConsumerDelivery::Position OrderedConsumerDelivery::position_on_server(std::chrono::milliseconds timeout) {
  std::string name;
  {
    const MutexLock lock(mutex_);
    name = consumer_ ? consumer_->name() : "";
  }
  std::optional<ConsumerState> state;
  try {
    if (!name.empty())
      state = consumer_state(consumer_info(jetstream_, facts_.stream, name, timeout));
  } catch (const ApiError &) {
    // It is gone.
  }
  const MutexLock lock(mutex_);
  if (state && consumer_ && consumer_->name() == name) {
    const std::int64_t deliveries =
        given_before_consumer_ + static_cast<std::int64_t>(state->delivered_consumer_sequence) + 1;
    told_ = {std::max(told_.sequence, state->delivered_stream_sequence),
             std::max(told_.deliveries, static_cast<std::uint64_t>(std::max<std::int64_t>(deliveries, 1))),
             state->pending};
  }
  const SharedPosition::Value given = given_.read();
  if (given.count + 1 > told_.deliveries)
    told_ = {given.sequence, given.count + 1, less(told_.pending, given.count + 1 - told_.deliveries)};
  return told_;
}

std::optional<Delivery::Progress> OrderedConsumerDelivery::progress(std::chrono::milliseconds timeout) {
  try {
    const auto deadline = Clock::now() + timeout;
    Position position = position_on_server(timeout);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const json info = stream_info(jetstream_, facts_.stream, std::max(left, shortest_question));
    StreamState stream = stream_state(info);
    if (!stream.keeps_acked)
      is_removed_when_delivered_ = true;
    const std::int64_t server_time = consumer_state(info).server_time;
    stream_ends_at_.store(stream.last_sequence, std::memory_order_relaxed);
    end_at_last(position, stream);
    return Progress{.delivered_sequence = position.sequence,
                    .delivered_consumer_sequence = position.deliveries,
                    .ack_floor_sequence = stored_.load(std::memory_order_relaxed),
                    .not_delivered = position.pending,
                    .not_acked = in_flight_.load(std::memory_order_relaxed),
                    .stream_first_sequence = stream.first_sequence,
                    .stream_last_sequence = stream.last_sequence,
                    .stream_messages = stream.messages,
                    .stream_keeps_acked = true,
                    .stream_replaces = stream.replaces,
                    .stream_last_timestamp = stream.last_timestamp,
                    .server_time = server_time != 0 ? std::optional(server_time) : std::nullopt,
                    .is_shared = false};
  } catch (const NoAnswer &) {
    return std::nullopt;
  } catch (const ApiError &) { // the stream can't be asked for
    return std::nullopt;
  }
}

// What is behind the end is another one's: not delivered here, and not missed.
void OrderedConsumerDelivery::end_at_last(Position &position, StreamState &stream) const {
  if (position.sequence >= last_) {
    const SharedPosition::Value given = given_.read();
    const std::uint64_t deliveries = given.count + 1;
    position = {has_reached_end() ? last_ : given.sequence, deliveries,
                position.pending + less(position.deliveries, deliveries)};
  }
  const std::uint64_t beyond = less(less(stream.first_sequence, last_), 1);
  stream.first_sequence -= beyond;
  stream.messages += beyond; // so that there are as many holes as before
}

Delivery::Vitals OrderedConsumerDelivery::vitals() const {
  const std::uint64_t not_delivered = not_delivered_.load(std::memory_order_relaxed);
  const std::string pull_problem = pulls_.problem();
  Vitals vitals;
  vitals.connected = pulls_.connected() && asks_.connected();
  vitals.problem = pull_problem.empty() ? asks_.problem() : pull_problem;
  vitals.reconnects = pulls_.reconnects() + asks_.reconnects();
  if (not_delivered != unknown)
    vitals.not_delivered = not_delivered;
  vitals.pull_refusals = pull_refusals_.counts();
  const MutexLock lock(mutex_);
  vitals.pulls = earlier_pulls_ + (puller_ ? puller_->requests() : 0);
  vitals.trouble = trouble_;
  if (vitals.trouble.empty() && puller_)
    vitals.trouble = puller_->trouble();
  return vitals;
}

} // namespace jetcapture::host
