#include "nats/consumer_checks.hpp"

#include "nats/server_time.hpp"
#include "nats/stream_limits.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "settings/values.hpp"
#include "strings/strings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::nanoseconds;

constexpr std::int64_t small_budget = 10'000;
// Beyond it the server's file store slows down, since it writes the whole pending state again and again.
constexpr std::int64_t large_budget = 250'000;
// A pull request that ends sooner is asked again all the time.
constexpr nanoseconds shortest_expires = 100ms;
constexpr std::int64_t fewest_waiting = 4;

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

std::vector<std::string> strings(const json &object, const char *name) {
  std::vector<std::string> found;
  if (const auto list = object.find(name); list != object.end() && list->is_array())
    for (const json &one : *list)
      found.push_back(one.get<std::string>());
  std::sort(found.begin(), found.end());
  return found;
}

nanoseconds rounded_up_to_seconds(nanoseconds duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration);
}

std::string name_of(const Settings &settings) {
  return "consumer " + settings.consumer + " of stream " + settings.stream;
}

std::string edit_of(const Settings &settings) {
  return "nats consumer edit " + settings.stream + " " + settings.consumer;
}

[[noreturn]] void refuse(const Settings &settings, const std::string &why) {
  throw StartupError("the " + name_of(settings) + " " + why);
}

constexpr const char *another_one = "create another one with --create-consumer and a new --consumer name";

void check_priority_group(const json &config, const Settings &settings) {
  const std::string policy = text(config, "priority_policy");
  const std::vector<std::string> groups = strings(config, "priority_groups");
  if (policy.empty() || policy == "none" || groups.empty()) {
    if (!settings.priority_group.empty())
      refuse(settings, "has no priority groups: leave out --priority-group");
    return;
  }
  if (policy == "pinned_client")
    refuse(settings,
           "has the priority policy pinned_client, which adds a header to each message: " + std::string(another_one));
  if (std::find(groups.begin(), groups.end(), settings.priority_group) == groups.end())
    refuse(settings,
           "gives messages to its priority groups alone: give --priority-group with one of " + joined(groups));
}

std::optional<EarlyDiscard> early_discard(const json &consumer, const json &stream, const Settings &settings) {
  return find_early_discard(stream, longest_in_flight(settings), settings_of(consumer).ack_wait, now_of(stream));
}

std::string sentence(const EarlyDiscard &early_discard, const json &consumer, const Settings &settings) {
  const nanoseconds hold = longest_in_flight(settings);
  const auto kept = std::chrono::floor<std::chrono::seconds>(early_discard.keeps);
  const auto wait = std::chrono::floor<std::chrono::seconds>(early_discard.keeps - hold);
  return "has a stream that discards messages after " +
         (early_discard.keeps < 1s ? "less than a second" : format_duration(kept)) + " (" + early_discard.limit +
         "), before they are sure to be stored: they are in flight for up to " + format_duration(hold) +
         ", and those of a host that dies are redelivered after an ack_wait of " +
         format_duration(settings_of(consumer).ack_wait) + "; " +
         (wait >= hold ? "`" + edit_of(settings) + " --wait " + format_duration(wait) + "`, " : "") +
         "give a smaller --max-age, let the stream keep more";
}

std::vector<std::string> unmatched_filters(const std::vector<std::string> &filters, const json &stream_config) {
  const std::vector<std::string> subjects = strings(stream_config, "subjects");
  // Messages may come with other subjects than those that it takes.
  for (const char *other : {"mirror", "sources", "subject_transform"})
    if (const auto found = stream_config.find(other); found != stream_config.end() && !found->empty())
      return {};
  std::vector<std::string> unmatched;
  for (const std::string &filter : subjects.empty() ? std::vector<std::string>{} : filters)
    if (std::none_of(subjects.begin(), subjects.end(),
                     [&](const std::string &subject) { return may_match_the_same(filter, subject); }))
      unmatched.push_back(filter);
  return unmatched;
}

nanoseconds effective_ack_wait(const json &config) {
  nanoseconds wait = duration(config, "ack_wait");
  if (const auto backoff = config.find("backoff"); backoff != config.end() && backoff->is_array())
    for (const json &step : *backoff)
      wait = std::min(wait, nanoseconds(step.get<std::int64_t>()));
  return wait;
}

} // namespace

std::vector<std::string> filters_of(const json &config) {
  std::vector<std::string> filters = strings(config, "filter_subjects");
  if (const std::string one = text(config, "filter_subject"); !one.empty())
    filters.push_back(one);
  return filters;
}

bool may_match_the_same(std::string_view left, std::string_view right) {
  while (true) {
    const std::string_view one = left.substr(0, left.find('.'));
    const std::string_view other = right.substr(0, right.find('.'));
    if (one == ">" || other == ">")
      return true;
    if (one != other && one != "*" && other != "*")
      return false;
    if (one.size() == left.size() || other.size() == right.size())
      return one.size() == left.size() && other.size() == right.size();
    left.remove_prefix(one.size() + 1);
    right.remove_prefix(other.size() + 1);
  }
}

std::vector<std::string> filter_warnings(const std::vector<std::string> &filters, const json &stream) {
  std::vector<std::string> warnings;
  const json &config = stream.at("config");
  for (const std::string &filter : unmatched_filters(filters, config))
    warnings.push_back("the filter " + filter + " matches nothing that the stream takes, which is " +
                       subjects_text(strings(config, "subjects")));
  return warnings;
}

std::string subjects_text(const std::vector<std::string> &subjects) {
  return subjects.empty() ? "none" : joined(subjects);
}

ConsumerSettings settings_of(const json &consumer) {
  const json &config = consumer.at("config");
  return {.ack_wait = effective_ack_wait(config),
          .max_ack_pending = integer(config, "max_ack_pending", -1),
          .max_batch = integer(config, "max_batch"),
          .max_expires = duration(config, "max_expires"),
          .max_bytes = integer(config, "max_bytes"),
          .paused_until = flag(consumer, "paused") ? text(config, "pause_until") : ""};
}

nanoseconds longest_in_flight(const Settings &settings) {
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
  // The server has chosen where to begin, and nothing was delivered yet. Of last_per_subject not all comes from there.
  else if (policy != "last_per_subject" && integer(delivered, "consumer_seq") == 0)
    first = static_cast<std::uint64_t>(integer(delivered, "stream_seq")) + 1;
  return {filters_of(config), first};
}

void check_configuration(const json &consumer, const Settings &settings) {
  const json &config = consumer.at("config");
  const std::string edit = edit_of(settings);
  const std::string advice = another_one;
  if (!text(config, "deliver_subject").empty())
    refuse(settings, "is a push consumer, and jetcapture pulls: " + advice);
  if (text(config, "durable_name").empty())
    refuse(settings, "is not durable, so it would forget what is acked: " + advice);
  if (text(config, "ack_policy") != "explicit")
    refuse(settings, "has the ack policy \"" + text(config, "ack_policy") +
                         "\", and jetcapture acks each message on its own (explicit): " + advice);
  if (flag(config, "headers_only"))
    refuse(settings, "delivers headers only, so there would be no data to capture: " + advice);
  if (integer(config, "max_deliver", -1) > 0)
    refuse(settings, "gives up on a message after max_deliver " + std::to_string(integer(config, "max_deliver")) +
                         " deliveries, and then it is never captured: `" + edit + " --max-deliver=-1`");
  const nanoseconds wait = effective_ack_wait(config);
  if (const nanoseconds needed = longest_in_flight(settings); wait < needed)
    refuse(settings, "has an ack_wait (or backoff) of " + format_duration(wait) +
                         ", and messages are in flight for up to " + format_duration(needed) + ": `" + edit +
                         " --wait " + format_duration(rounded_up_to_seconds(3 * needed)) +
                         "`, or give a smaller --max-age");
  if (duration(config, "inactive_threshold") > 0ns)
    refuse(settings, "is deleted by the server after " + format_duration(duration(config, "inactive_threshold")) +
                         " without a client (inactive_threshold): " + advice);
  if (const nanoseconds expires = duration(config, "max_expires"); expires > 0ns && expires < shortest_expires)
    refuse(settings, "ends each pull request after " + format_duration(expires) + " (max_expires): `" + edit +
                         " --max-pull-expire 10s`");
  if (const std::int64_t waiting = integer(config, "max_waiting", fewest_waiting); waiting < fewest_waiting)
    refuse(settings, "lets " + std::to_string(waiting) + " pull requests wait (max_waiting), and a host needs " +
                         std::to_string(fewest_waiting) + ": " + advice);
  check_priority_group(config, settings);
}

std::vector<std::string> check_consumer(const json &consumer, const json &stream, const Settings &settings) {
  check_configuration(consumer, settings);
  const std::int64_t delivered = integer(consumer.at("delivered"), "stream_seq");
  const std::int64_t last = integer(stream.at("state"), "last_seq");
  // A consumer that is to begin later stands there from the start.
  const bool begins_there = text(consumer.at("config"), "deliver_policy") == "by_start_sequence" &&
                            delivered < integer(consumer.at("config"), "opt_start_seq");
  if (delivered > last && !begins_there)
    refuse(settings, "is ahead of its stream (delivered " + std::to_string(delivered) + ", the stream's last is " +
                         std::to_string(last) +
                         "), as after a restore of the stream, and would miss messages: " + another_one);
  const std::vector<std::string> filters = filters_of(consumer.at("config"));
  std::vector<std::string> wanted = settings.filter_subjects;
  std::sort(wanted.begin(), wanted.end());
  if (!wanted.empty() && wanted != filters)
    refuse(settings, "filters " + subjects_text(filters) + ", and --filter-subject asks for " + subjects_text(wanted) +
                         ": " + another_one);
  if (const auto lost = early_discard(consumer, stream, settings); lost && lost->certain && !settings.accept_loss)
    refuse(settings, sentence(*lost, consumer, settings) + ", or accept that messages get lost with --accept-loss");
  std::vector<std::string> warnings = configuration_warnings(consumer, stream, settings);
  if (std::string warning = discard_warning(consumer, stream, settings); !warning.empty())
    warnings.push_back(std::move(warning));
  return warnings;
}

std::string discard_warning(const json &consumer, const json &stream, const Settings &settings) {
  const auto lost = early_discard(consumer, stream, settings);
  return lost ? "the " + name_of(settings) + " " + sentence(*lost, consumer, settings) : "";
}

std::vector<std::string> configuration_warnings(const json &consumer, const json &stream, const Settings &settings) {
  const json &config = consumer.at("config");
  const json &stream_config = stream.at("config");
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string &what) { warnings.push_back("the " + name_of(settings) + " " + what); };
  const std::int64_t budget = integer(config, "max_ack_pending", -1);
  if (budget > 0 && budget < small_budget)
    warn("has max_ack_pending " + std::to_string(budget) +
         ": blocks are sealed when that many messages are in flight at all hosts; `" + edit_of(settings) +
         " --max-pending 100000` allows larger ones");
  if (budget > large_budget)
    warn("has max_ack_pending " + std::to_string(budget) +
         ": beyond 250000 unacked messages the server slows down; prefer smaller blocks or more consumers");
  if (flag(config, "mem_storage"))
    warn("keeps its state in memory: after a restart of the server all messages are delivered again");
  if (integer(stream_config, "num_replicas", 1) > 1 && integer(config, "num_replicas", 0) == 1)
    warn("has one replica and its stream more: its state is lost with that server");
  if (flag(stream_config, "allow_msg_ttl"))
    warn("has a stream whose messages may have a TTL of their own: those that expire before they are stored are lost");
  if (const std::string policy = text(config, "deliver_policy"); policy != "all")
    warn("does not begin at the first message of the stream (deliver policy " + policy + ")");
  for (std::string &warning : filter_warnings(filters_of(config), stream))
    warnings.push_back(std::move(warning));
  if (text(config, "replay_policy") == "original")
    warn("delivers messages as slowly as they were published (replay policy original)");
  if (flag(consumer, "paused"))
    warn("is paused: no messages come until it is resumed, as by `nats consumer resume " + settings.stream + " " +
         settings.consumer + "`");
  return warnings;
}

std::uint64_t start_after(const SafeSequence &safe, const json &stream, std::vector<std::string> &warnings) {
  if (safe.sequence == 0 || safe.stream_created != text(stream, "created"))
    return 0;
  // Its consumers have to deliver all messages, and acked messages have left it.
  if (text(stream.at("config"), "retention") == "workqueue")
    return 0;
  const std::int64_t last = integer(stream.at("state"), "last_seq");
  if (safe.sequence > static_cast<std::uint64_t>(last)) {
    warnings.push_back("the stream ends at " + std::to_string(last) + " and was captured up to " +
                       std::to_string(safe.sequence) +
                       ": it has lost its last messages, as after a restore, and the new consumer delivers all of it");
    return 0;
  }
  return safe.sequence + 1;
}

json consumer_config(const Settings &settings, const json &stream) {
  const nanoseconds hold = longest_in_flight(settings);
  nanoseconds wait = std::max<nanoseconds>(3 * (settings.max_age + settings.late_grace + 60s), 10min);
  // The messages of a host that dies are redelivered, and in flight once more, before the stream discards them.
  if (const nanoseconds age = max_age_of(stream); age > 0ns)
    wait = std::min(wait, std::max(age - hold, hold));
  json config = {{"durable_name", settings.consumer}, {"name", settings.consumer},
                 {"description", "jetcapture"},       {"deliver_policy", "all"},
                 {"ack_policy", "explicit"},          {"replay_policy", "instant"},
                 {"ack_wait", wait.count()},          {"max_deliver", -1},
                 {"max_ack_pending", large_budget},   {"num_replicas", 0}};
  if (settings.start_sequence > 0) {
    config["deliver_policy"] = "by_start_sequence";
    config["opt_start_seq"] = settings.start_sequence;
  } else if (!settings.start_time.empty()) {
    config["deliver_policy"] = "by_start_time";
    config["opt_start_time"] = settings.start_time;
  }
  if (settings.filter_subjects.size() == 1)
    config["filter_subject"] = settings.filter_subjects.front();
  if (settings.filter_subjects.size() > 1)
    config["filter_subjects"] = settings.filter_subjects;
  // A stream may limit what its consumers ask for (2.10 and later).
  if (const auto limits = stream.at("config").find("consumer_limits"); limits != stream.at("config").end())
    if (const std::int64_t most = integer(*limits, "max_ack_pending"); most > 0)
      config["max_ack_pending"] = std::min(most, large_budget);
  return config;
}

} // namespace jetcapture::host
