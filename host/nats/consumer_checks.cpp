#include "nats/consumer_checks.hpp"

#include "settings/error.hpp"
#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::nanoseconds;

constexpr std::int64_t small_budget = 10'000;
// Beyond it the server's file store slows down, since it writes the whole pending state again and again.
constexpr std::int64_t large_budget = 250'000;

nanoseconds duration(const json &object, const char *name) {
  const auto found = object.find(name);
  return nanoseconds(found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0);
}

std::string text(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t integer(const json &object, const char *name, std::int64_t otherwise = 0) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : otherwise;
}

bool flag(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> filters_of(const json &config) {
  std::vector<std::string> filters;
  if (const auto several = config.find("filter_subjects"); several != config.end() && several->is_array())
    for (const json &one : *several)
      filters.push_back(one.get<std::string>());
  if (const std::string one = text(config, "filter_subject"); !one.empty())
    filters.push_back(one);
  std::sort(filters.begin(), filters.end());
  return filters;
}

std::string joined(const std::vector<std::string> &texts) {
  std::string all;
  for (const std::string &one : texts)
    all += (all.empty() ? "" : ", ") + one;
  return all.empty() ? "none" : all;
}

nanoseconds rounded_up_to_seconds(nanoseconds duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

} // namespace

nanoseconds effective_ack_wait(const json &config) {
  nanoseconds wait = duration(config, "ack_wait");
  if (const auto backoff = config.find("backoff"); backoff != config.end() && backoff->is_array())
    for (const json &step : *backoff)
      wait = std::min(wait, nanoseconds(step.get<std::int64_t>()));
  return wait;
}

nanoseconds longest_hold(const Settings &settings) {
  return settings.max_age + settings.late_grace + std::min<nanoseconds>(settings.max_age, 60s);
}

Delivery::Coverage coverage_of(const json &consumer) {
  const json &config = consumer.at("config");
  const std::string policy = text(config, "deliver_policy");
  const json &delivered = consumer.at("delivered");
  std::optional<std::uint64_t> first;
  if (policy == "all")
    first = 1;
  else if (policy == "by_start_sequence")
    first = static_cast<std::uint64_t>(integer(config, "opt_start_seq", 1));
  else if (integer(delivered, "consumer_seq") ==
           0) // The server has chosen where to begin, and nothing was delivered yet.
    first = static_cast<std::uint64_t>(integer(delivered, "stream_seq")) + 1;
  return {filters_of(config), first};
}

std::vector<std::string> check_consumer(const json &consumer, const json &stream, const Settings &settings) {
  const json &config = consumer.at("config");
  const json &stream_config = stream.at("config");
  const json &stream_state = stream.at("state");
  const std::string name = "consumer " + settings.consumer + " of stream " + settings.stream;
  const std::string edit = "nats consumer edit " + settings.stream + " " + settings.consumer;
  const std::string anew = "make another one with --create-consumer and a new --consumer name";
  const auto refuse = [&](const std::string &why) -> void { throw StartupError("the " + name + " " + why); };

  if (!text(config, "deliver_subject").empty())
    refuse("is a push consumer, and jetcapture pulls: " + anew);
  if (text(config, "durable_name").empty())
    refuse("is not durable, so it would forget what is acked: " + anew);
  if (text(config, "ack_policy") != "explicit")
    refuse("has the ack policy \"" + text(config, "ack_policy") +
           "\", and jetcapture acks each message on its own (explicit): " + anew);
  if (flag(config, "headers_only"))
    refuse("delivers headers only, so there would be no data to capture: " + anew);
  if (integer(config, "max_deliver", -1) > 0)
    refuse("gives up on a message after max_deliver " + std::to_string(integer(config, "max_deliver")) +
           " deliveries, and then it is never captured: `" + edit + " --max-deliver=-1`");
  const nanoseconds wait = effective_ack_wait(config);
  if (const nanoseconds needed = longest_hold(settings); wait < needed)
    refuse("has an ack_wait (or backoff) of " + format_duration(wait) + ", and messages are held for up to " +
           format_duration(needed) + ": `" + edit + " --wait " + format_duration(rounded_up_to_seconds(3 * needed)) +
           "`, or give a smaller --max-age");
  if (duration(config, "inactive_threshold") > 0ns)
    refuse("is deleted by the server after " + format_duration(duration(config, "inactive_threshold")) +
           " without a client (inactive_threshold): " + anew);
  const std::int64_t delivered = integer(consumer.at("delivered"), "stream_seq");
  const std::int64_t last = integer(stream_state, "last_seq");
  if (delivered > last)
    refuse("is ahead of its stream (delivered " + std::to_string(delivered) + ", the stream's last is " +
           std::to_string(last) + "), as after a restore of the stream, and would miss messages: " + anew);
  std::vector<std::string> wanted = settings.filter_subjects;
  std::sort(wanted.begin(), wanted.end());
  if (!wanted.empty() && wanted != filters_of(config))
    refuse("filters " + joined(filters_of(config)) + ", and --filter-subject asks for " + joined(wanted) + ": " + anew);

  std::vector<std::string> warnings;
  const auto warn = [&](const std::string &what) { warnings.push_back("the " + name + " " + what); };
  const std::int64_t budget = integer(config, "max_ack_pending", -1);
  if (budget > 0 && budget < small_budget)
    warn("has max_ack_pending " + std::to_string(budget) +
         ": blocks are sealed when that many messages are held by all hosts; `" + edit +
         " --max-pending 100000` allows larger ones");
  if (budget > large_budget)
    warn("has max_ack_pending " + std::to_string(budget) +
         ": beyond 250000 unacked messages the server slows down; prefer smaller blocks or more consumers");
  if (flag(config, "mem_storage"))
    warn("keeps its state in memory: after a restart of the server all messages come again");
  if (integer(stream_config, "num_replicas", 1) > 1 && integer(config, "num_replicas", 0) == 1)
    warn("has one replica and its stream more: its state is lost with that server");
  if (const nanoseconds age = duration(stream_config, "max_age"); age > 0ns && age < longest_hold(settings))
    warn("has a stream that drops messages after " + format_duration(age) + ", before a block is sure to be stored");
  if (const std::string policy = text(config, "deliver_policy"); policy != "all")
    warn("begins not at the first message of the stream (deliver policy " + policy + ")");
  if (flag(consumer, "paused"))
    warn("is paused: nothing comes until it is resumed");
  return warnings;
}

json consumer_config(const Settings &settings, const json &stream) {
  const nanoseconds wait = std::max<nanoseconds>(3 * (settings.max_age + settings.late_grace + 60s), 10min);
  json config = {{"durable_name", settings.consumer}, {"name", settings.consumer},
                 {"description", "jetcapture"},       {"deliver_policy", "all"},
                 {"ack_policy", "explicit"},          {"replay_policy", "instant"},
                 {"ack_wait", wait.count()},          {"max_deliver", -1},
                 {"max_ack_pending", large_budget},   {"num_replicas", 0}};
  if (settings.filter_subjects.size() == 1)
    config["filter_subject"] = settings.filter_subjects.front();
  if (settings.filter_subjects.size() > 1)
    config["filter_subjects"] = settings.filter_subjects;
  // A stream may bound what its consumers ask for (2.10 and later).
  if (const auto limits = stream.at("config").find("consumer_limits"); limits != stream.at("config").end())
    if (const std::int64_t most = integer(*limits, "max_ack_pending"); most > 0)
      config["max_ack_pending"] = std::min(most, large_budget);
  return config;
}

} // namespace jetcapture::host
