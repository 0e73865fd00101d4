#include "nats/jetstream_delivery.hpp"

#include "settings/settings.hpp"
#include "strings/strings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds shortest_question = 1ms;
constexpr std::chrono::milliseconds longest_question = 5s;
constexpr auto quiet_after_rest = 20ms;
constexpr auto longest_rest = 3s;

} // namespace

JetStreamDelivery::JetStreamDelivery(Connection &pull_connection, Connection &ack_connection, JetStream &jetstream,
                                     const ConsumerFacts &consumer, const Settings &settings, Log &log)
    : pull_connection_(pull_connection), ack_connection_(ack_connection), jetstream_(jetstream), consumer_(consumer),
      live_(consumer, settings, log), log_(log),
      last_sequence_at_start_(stream_state(stream_info(jetstream, consumer.stream)).last_sequence),
      consumer_created_(consumer.consumer_created), last_look_(consumer.server_time),
      ack_prefix_(plain_ack_prefix(consumer.stream, consumer.consumer)),
      refusals_("nats consumer info " + consumer.stream + " " + consumer.consumer, log),
      puller_(pull_connection,
              {.api_prefix = jetstream.prefix(),
               .stream = consumer.stream,
               .consumer = consumer.consumer,
               .limits = [this] { return live_.settings(); }},
              refusals_, settings, log),
      acker_({.connection = ack_connection,
              .prefix = ack_prefix_,
              .tokens = plain_ack_tokens,
              .inbox_prefix = settings.connection.inbox_prefix,
              .timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.ack_timeout),
              .verify_consumer = [this] { verify_consumer(); },
              .fence =
                  [this] {
                    // While it is disconnected nothing sent before can still arrive, and what comes later was sent
                    // after the ack.
                    while (pull_connection_.connected() && !pull_connection_.closed() &&
                           pull_connection_.flush() == NATS_TIMEOUT) {
                    }
                    return puller_.received();
                  },
              // The acks' connection may be back before the puller has seen that anything was lost.
              .era = [this] { return connection_ + (ack_connection_.reconnects() != ack_reconnects_seen_ ? 1 : 0); },
              .stream_has = [this](std::uint64_t sequence,
                                   std::int64_t timestamp) { return stream_has(sequence, timestamp); }},
             log) {}

JetStreamDelivery::~JetStreamDelivery() = default;

bool JetStreamDelivery::next(jetcapture_message &message, std::chrono::milliseconds wait) {
  current_.drop();
  MessagePtr taken = puller_.next(wait);
  acker_.check();
  if (!stopped_)
    live_.check();
  const std::uint64_t reconnects = ack_connection_.reconnects();
  if (reconnects != ack_reconnects_seen_)
    puller_.begin_doubt("the other connection was cut off");
  if (puller_.take_doubt()) {
    connection_++;
    ack_reconnects_seen_ = reconnects;
    try {
      verify_consumer();
    } catch (const NoAnswer &) {
      // No leader or no connection for the moment: the puller goes on asking.
    }
  }
  if (!taken)
    return false;
  const auto ack = current_.take(std::move(taken));
  if (!ack) {
    log_.warn("a message without an ack subject came on the pull inbox and is ignored",
              {{"subject", natsMsg_GetSubject(current_.get())}});
    return false;
  }
  if (ack->prefix != ack_prefix_) {
    ack_prefix_ = ack->prefix;
    acker_.learn(*ack);
  }
  current_.fill(message, *ack);
  if (ack->consumer_sequence > highest_delivery_.load(std::memory_order_relaxed))
    highest_delivery_.store(ack->consumer_sequence, std::memory_order_relaxed);
  not_delivered_.store(ack->pending, std::memory_order_relaxed);
  return true;
}

void JetStreamDelivery::ack(AckOrder order) {
  acker_.order(std::move(order));
}

std::vector<AckOutcome> JetStreamDelivery::take_confirmed() {
  acker_.check();
  return acker_.take_confirmed(puller_.taken());
}

std::uint32_t JetStreamDelivery::connection() const {
  const std::uint32_t now = connection_.load(std::memory_order_relaxed);
  return puller_.taken() <= puller_.taken_at_doubt() ? now - 1 : now;
}

// Whether the stream has that message. Throws NoAnswer when it can't be asked now.
bool JetStreamDelivery::ask_stream(std::uint64_t sequence, std::int64_t timestamp) {
  try {
    return may_read_stream_ && timestamp_of(jetstream_, consumer_.stream, sequence) == timestamp;
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
    may_read_stream_ = false; // it was told at the start
    return false;
  }
}

bool JetStreamDelivery::has(std::uint64_t sequence, std::int64_t timestamp) {
  try {
    return ask_stream(sequence, timestamp);
  } catch (const NoAnswer &) {
    return false;
  }
}

bool JetStreamDelivery::stream_has(std::uint64_t sequence, std::int64_t timestamp) {
  if (ask_stream(sequence, timestamp))
    return true;
  if (const auto held_back = unproven_lines_.admit())
    log_.warn("the stream does not have a message any more as it was taken: what was stored with it is returned to the "
              "stream instead of acked, and what comes again is compared",
              {{"sequence", sequence}, {"others_since_last_line", *held_back}});
  return false;
}

void JetStreamDelivery::stop_pulling() {
  stopped_ = true;
  puller_.stop();
}

std::uint64_t JetStreamDelivery::give_back_rest() {
  stop_pulling();
  SequenceList rest;
  const auto deadline = std::chrono::steady_clock::now() + longest_rest;
  try {
    while (std::chrono::steady_clock::now() < deadline) {
      MessagePtr taken = puller_.next(quiet_after_rest);
      if (!taken)
        break;
      if (const auto ack = current_.take(std::move(taken)))
        rest.append(ack->stream_sequence);
    }
  } catch (const DeliveryError &error) {
    log_.warn("returning the remaining messages to the stream was cut short", {{"reason", error.what()}});
  }
  puller_.end();
  give_back(rest);
  return rest.size();
}

void JetStreamDelivery::give_back(const SequenceList &sequences) {
  if (sequences.empty())
    return;
  try {
    // While anything is pending, the newest delivery is above the ack floor: the server takes it for any of them.
    const ConsumerState state = consumer_state(consumer_info(jetstream_, consumer_.stream, consumer_.consumer));
    sequences.for_each(
        [&](std::uint64_t sequence) { acker_.answer(sequence, "-NAK", state.delivered_consumer_sequence); });
    if (ack_connection_.flush() == NATS_OK)
      return;
  } catch (const std::runtime_error &error) {
    log_.debug("the consumer can't be asked", {{"reason", error.what()}});
  }
  log_.warn("messages can't be returned to the stream now; they are redelivered after their ack_wait",
            {{"messages", sequences.size()}, {"ack_wait_seconds", ack_wait()}});
}

void JetStreamDelivery::keep_alive(const SequenceList &sequences) {
  sequences.for_each([this](std::uint64_t sequence) { acker_.answer(sequence, "+WPI"); });
}

void JetStreamDelivery::terminate(std::uint64_t sequence) {
  acker_.answer(sequence, "+TERM");
}

std::optional<std::uint64_t> JetStreamDelivery::ack_budget() const {
  const std::int64_t most = live_.settings().max_ack_pending;
  return most > 0 ? std::optional(static_cast<std::uint64_t>(most)) : std::nullopt;
}

std::optional<Delivery::Progress> JetStreamDelivery::progress(std::chrono::milliseconds timeout) {
  try {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const nlohmann::json consumer = ask_for_consumer(timeout);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const nlohmann::json info = stream_info(jetstream_, consumer_.stream, std::max(left, shortest_question));
    live_.note_warnings(consumer, info);
    const ConsumerState state = consumer_state(consumer);
    const StreamState stream = stream_state(info);
    return Progress{.delivered_sequence = state.delivered_stream_sequence,
                    .delivered_consumer_sequence = state.delivered_consumer_sequence,
                    .ack_floor_sequence = state.ack_floor_stream_sequence,
                    .not_delivered = state.pending,
                    .not_acked = state.ack_pending,
                    .stream_first_sequence = stream.first_sequence,
                    .stream_last_sequence = stream.last_sequence,
                    .stream_messages = stream.messages,
                    .stream_keeps_acked = stream.keeps_acked,
                    .stream_replaces = stream.replaces,
                    .stream_last_timestamp = stream.last_timestamp,
                    .server_time = state.server_time != 0 ? std::optional(state.server_time) : std::nullopt};
  } catch (const NoAnswer &) {
    return std::nullopt;
  } catch (const ApiError &) { // The stream can't be asked for.
    return std::nullopt;
  }
}

Delivery::Vitals JetStreamDelivery::vitals() const {
  const std::uint64_t not_delivered = not_delivered_.load(std::memory_order_relaxed);
  std::string trouble = live_.trouble();
  if (trouble.empty())
    trouble = puller_.trouble();
  if (trouble.empty())
    trouble = acker_.trouble();
  const std::string pull_problem = pull_connection_.problem();
  return {.connected = pull_connection_.connected() && ack_connection_.connected(),
          .problem = pull_problem.empty() ? ack_connection_.problem() : pull_problem,
          .reconnects = pull_connection_.reconnects() + ack_connection_.reconnects(),
          .pulls = puller_.requests(),
          .not_delivered = not_delivered == unknown ? std::nullopt : std::optional(not_delivered),
          .acks_outstanding = acker_.outstanding(),
          .acks_resent = acker_.resent(),
          .trouble = trouble,
          .pull_refusals = refusals_.counts(),
          .ack_wait = ack_wait(),
          .ack_budget = ack_budget()};
}

void JetStreamDelivery::verify_consumer() {
  ask_for_consumer(longest_question);
}

// Throws DeliveryError: it is another one than at the start, or none. NoAnswer: it can't be asked for now.
nlohmann::json JetStreamDelivery::ask_for_consumer(std::chrono::milliseconds timeout) {
  const std::string name = "consumer " + consumer_.consumer + " of stream " + consumer_.stream;
  nlohmann::json info;
  try {
    info = consumer_info(jetstream_, consumer_.stream, consumer_.consumer, timeout);
  } catch (const ApiError &error) {
    if (error.code == 404)
      throw DeliveryError("the " + name + " is gone (" + error.what() +
                          "): it was deleted while capturing; create it again and restart jetcapture");
    throw NoAnswer(Unanswered::lost, error.what());
  }
  const ConsumerState state = consumer_state(info);
  if (!same_consumer(state.created, consumer_created_) && is_edited(state))
    consumer_created_ = state.created;
  if (!same_consumer(state.created, consumer_created_))
    throw DeliveryError("the " + name +
                        " was deleted and recreated while capturing; restart jetcapture to capture with the new one");
  last_look_ = std::max(last_look_.load(), state.server_time);
  live_.note(info);
  return info;
}

// A server that restarts after the consumer was edited tells another time of its creation: when it had loaded it
// before, so a time at which this consumer was looked at already. One that was recreated since was created later. A
// server that does not tell its time: one that was recreated has made fewer deliveries than have come from the one
// before.
bool JetStreamDelivery::is_edited(const ConsumerState &state) const {
  if (last_look_ > 0)
    return state.created <= last_look_;
  return highest_delivery_ > 0 && state.delivered_consumer_sequence >= highest_delivery_;
}

} // namespace jetcapture::host
