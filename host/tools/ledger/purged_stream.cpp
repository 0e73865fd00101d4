#include "tools/ledger/purged_stream.hpp"

#include "ledger/sequence_runs.hpp"
#include "nats/consumer_checks.hpp"
#include "nats/server_time.hpp"
#include "nats/stream_sequences.hpp"
#include "settings/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace jetcapture::host {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

constexpr int not_found = 404;
constexpr auto contact_timeout = 15s; // a source is heard of each second or ten seconds
constexpr auto between_looks = 200ms;
constexpr std::chrono::milliseconds purge_timeout = 2min;

const Settings &checked(const Settings &settings) {
  if (settings.stream.empty() || settings.consumer.empty())
    throw StartupError("purge needs the stream and the consumer of the capture: --stream NAME --consumer NAME");
  return settings;
}

// A stream as another one copies it.
struct Copying {
  std::string name;
  std::uint64_t lag = 0;
  std::chrono::nanoseconds silent{-1}; // since it was heard of; below 0: never
  bool elsewhere = false;              // in another account or domain
};

Copying copying_of(const json &one) {
  return {.name = one.value("name", ""),
          .lag = one.value("lag", std::uint64_t{0}),
          .silent = std::chrono::nanoseconds(one.value("active", std::int64_t{-1})),
          .elsewhere = one.contains("external") && !one["external"].is_null()};
}

[[noreturn]] void copies_nothing_of(const std::string &stream, const std::string &copy) {
  throw StartupError("--behind " + copy + ": that stream is no mirror of " + stream + " and has it as no source");
}

void refuse_elsewhere(const Copying &copied, const std::string &copy) {
  if (copied.elsewhere)
    throw StartupError("--behind " + copy + ": it copies a stream " + copied.name +
                       " of another account or domain, so what it has says nothing of the one here");
}

} // namespace

PurgedStream::PurgedStream(const Settings &settings, Log &log)
    : settings_(checked(settings)), where_(with_context(settings.connection)), connection_(where_, "purge", log),
      jetstream_(connection_, where_) {
  json info;
  try {
    info = stream_info(jetstream_, settings_.stream);
  } catch (const ApiError &error) {
    throw StartupError("the stream " + settings_.stream + " can't be asked for: " + error.what());
  }
  const json config = info.value("config", json::object());
  for (const char *refusing : {"deny_purge", "sealed"})
    if (config.value(refusing, false))
      throw StartupError("the stream " + settings_.stream + " can't be purged: its configuration has " + refusing);
  state_ = stream_state(info);
  if (const std::int64_t time = nanoseconds_of(info.value("ts", "")); time != 0)
    server_time_ = time;
}

std::vector<PurgeBound> PurgedStream::consumer_bounds() {
  std::vector<PurgeBound> bounds;
  bool found = false;
  std::uint64_t total = 1;
  for (std::uint64_t offset = 0; offset < total;) {
    const json answer = jetstream_.ask("CONSUMER.LIST." + settings_.stream, json{{"offset", offset}}.dump());
    total = answer.value("total", std::uint64_t{0});
    const json consumers = answer.value("consumers", json::array());
    if (answer.contains("missing") && !answer["missing"].empty())
      throw NoAnswer(Unanswered::lost, "of the consumers of " + settings_.stream +
                                           " some have no leader, so it is not known how far they are: try again");
    if (consumers.empty() && offset < total)
      throw NoAnswer(Unanswered::lost, "the consumers of " + settings_.stream + " changed while they were listed");
    for (const json &consumer : consumers) {
      if (consumer.at("name").get<std::string>() == settings_.consumer) {
        found = true;
        filters_ = filters_of(consumer.at("config"));
      }
      bounds.push_back(bound_of(consumer));
    }
    offset += consumers.size();
  }
  if (floor_)
    bounds.push_back({*floor_, "the capture " + settings_.consumer + " has stored and recorded all up to " +
                                   std::to_string(*floor_)});
  else if (!found)
    throw StartupError("the stream " + settings_.stream + " has no consumer " + settings_.consumer +
                       " any more (--consumer), so it is not known up to where it is captured");
  return bounds;
}

PurgeBound PurgedStream::bound_of(const json &consumer) {
  const std::string name = "the consumer " + consumer.at("name").get<std::string>();
  const ConsumerState state = consumer_state(consumer);
  // nats-server 2.9 tells a floor of 0 where nothing was delivered yet, wherever the consumer began.
  const std::uint64_t floor = state.ack_pending > 0
                                  ? state.ack_floor_stream_sequence
                                  : std::max(state.ack_floor_stream_sequence, state.delivered_stream_sequence);
  const std::vector<std::string> filters = filters_of(consumer.at("config"));
  // Without acks it counts what it has delivered.
  const std::string done = consumer.at("config").value("ack_policy", "") == "none" ? "read" : "acked";
  if (filters.empty())
    return {floor, name + " has " + done + " up to " + std::to_string(floor)};
  // The floor of one with filters stays at the last message that it acked.
  if (const auto next = next_sequence(jetstream_, settings_.stream, filters, floor + 1))
    return {*next - 1, name + " has not " + done + " sequence " + std::to_string(*next)};
  return {std::max(floor, state_.last_sequence), name + " has " + done + " all that its filter lets through"};
}

PurgeBound PurgedStream::bound_behind(const std::string &copy) {
  const Time::time_point begin = Time::now();
  while (true) {
    json info;
    try {
      info = stream_info(jetstream_, copy);
    } catch (const ApiError &error) {
      if (error.code != not_found)
        throw;
      throw StartupError("--behind " + copy + ": there is no such stream in the account and domain of " +
                         settings_.stream + "; how far one elsewhere is can't be told from here: see that it has " +
                         "copied what is to go, and give --up-to");
    }
    if (const json mirror = info.value("mirror", json()); mirror.is_object()) {
      const Copying copied = copying_of(mirror);
      if (copied.name != settings_.stream)
        copies_nothing_of(settings_.stream, copy);
      refuse_elsewhere(copied, copy);
      // A mirror keeps sequences.
      const std::uint64_t last = stream_state(info).last_sequence;
      return {last, "the mirror " + copy + " has copied up to " + std::to_string(last)};
    }
    // A lag is that of when it was heard of last: it counts once that was after the stream was looked at.
    const auto since = Time::now() - begin;
    bool copies = false;
    bool caught_up = true;
    std::uint64_t lag = 0;
    for (const json &source : info.value("sources", json::array())) {
      const Copying copied = copying_of(source);
      if (copied.name != settings_.stream)
        continue;
      refuse_elsewhere(copied, copy);
      copies = true;
      lag += copied.lag;
      caught_up = caught_up && copied.lag == 0 && copied.silent.count() >= 0 && copied.silent < since;
    }
    if (!copies)
      copies_nothing_of(settings_.stream, copy);
    if (caught_up)
      return {state_.last_sequence, "the stream " + copy + " has copied all"};
    if (since > contact_timeout)
      return {0, "the stream " + copy +
                     (lag > 0 ? " is " + std::to_string(lag) + " messages behind"
                              : " has not been in contact with its source")};
    std::this_thread::sleep_for(between_looks);
  }
}

SameMessage PurgedStream::compare(const StoredMessage &message) {
  if (message.sequence < state_.first_sequence)
    return SameMessage::gone;
  const std::optional<MessageTime> newest = newest_up_to(jetstream_, settings_.stream, message.sequence);
  if (newest && newest->sequence == message.sequence)
    return message.earliest <= newest->timestamp && newest->timestamp <= message.latest ? SameMessage::same
                                                                                        : SameMessage::another;
  // A stream that has lost its end, and gave the sequence to another message, which is gone too, or to none yet.
  const bool was_given_again = newest && newest->timestamp > message.latest;
  return was_given_again || message.sequence > state_.last_sequence ? SameMessage::another : SameMessage::gone;
}

std::vector<std::uint64_t> PurgedStream::present(const std::string &filter, const std::vector<SequenceRun> &within) {
  SequencesWithin there(within);
  const std::vector<std::string> filters =
      filter.empty() ? std::vector<std::string>{} : std::vector<std::string>{filter};
  if (!within.empty())
    list_sequences(connection_, jetstream_, where_.inbox_prefix,
                   {settings_.stream, filters, within.front().first, within.back().last},
                   [&](std::uint64_t sequence) { there.take(sequence); });
  return there.kept();
}

std::string PurgedStream::changed_since(const PurgePlan &plan) {
  const StreamState now = stream_state(stream_info(jetstream_, settings_.stream));
  if (now.created != state_.created)
    return "the stream was recreated at " + now.created + ", after it had been looked at";
  for (const PurgeBound &bound : consumer_bounds())
    if (bound.last < plan.last)
      return bound.why + " now";
  if (compare(plan.newest) == SameMessage::another)
    return "the stream has other messages up to sequence " + std::to_string(plan.newest.sequence) + " than the backup";
  return "";
}

std::uint64_t PurgedStream::purge(std::uint64_t last, const std::string &filter) {
  // The sequence is the first one that stays.
  json body = {{"seq", last + 1}};
  if (!filter.empty())
    body["filter"] = filter;
  const json answer = jetstream_.request("STREAM.PURGE." + settings_.stream, body.dump(), purge_timeout);
  return answer.value("purged", std::uint64_t{0});
}

} // namespace jetcapture::host
