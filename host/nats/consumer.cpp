#include "nats/consumer.hpp"

#include "nats/consumer_checks.hpp"
#include "nats/ephemeral_consumer.hpp"
#include "nats/server_time.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace jetcapture::host {

namespace {

using nlohmann::json;

constexpr int not_found = 404;
constexpr int bad_request = 400; // a message that the stream does not have, on some servers

std::vector<std::string> names(JetStream &jetstream, const std::string &subject, const char *list) {
  try {
    const json answer = jetstream.ask(subject, "");
    std::vector<std::string> found;
    if (const auto entries = answer.find(list); entries != answer.end() && entries->is_array())
      for (const json &entry : *entries)
        found.push_back(entry.get<std::string>());
    return found;
  } catch (const std::exception &) {
    return {}; // Only for a suggestion: the right to list may be missing.
  }
}

std::string suggestion(const std::string &wrong, const std::vector<std::string> &there) {
  const std::string meant = nearest(wrong, there);
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

json config_after(const SafeSequence &safe, const Settings &settings, const json &stream,
                  std::vector<std::string> &warnings) {
  json config = consumer_config(settings, stream);
  if (const std::uint64_t start = start_after(safe, stream, warnings); start > 0) {
    config["deliver_policy"] = "by_start_sequence";
    config["opt_start_seq"] = start;
    config.erase("opt_start_time");
  }
  return config;
}

// The limit of a server or an account, which only this error tells: "consumer max ack pending exceeds system limit of
// 1000".
std::optional<std::int64_t> max_ack_pending_in(const ApiError &error) {
  constexpr int exceeds_limit = 10121;
  const std::string_view text = error.what();
  std::int64_t limit = 0;
  const std::size_t at = text.rfind(' ') + 1;
  const bool number = std::from_chars(text.data() + at, text.data() + text.size(), limit).ec == std::errc();
  return error.err_code == exceeds_limit && number && limit > 0 ? std::optional(limit) : std::nullopt;
}

// With as many unacked messages as the limit of the server or the account lets be.
json request_consumer(JetStream &jetstream, const std::string &subject, const Settings &settings, json config) {
  const auto ask = [&] {
    return jetstream.request(subject, json{{"stream_name", settings.stream}, {"config", config}}.dump());
  };
  try {
    return ask();
  } catch (const ApiError &error) {
    const auto limit = max_ack_pending_in(error);
    if (!limit)
      throw;
    config["max_ack_pending"] = *limit;
    return ask();
  }
}

StartupError cannot_be_created(const Settings &settings, const ApiError &error) {
  return StartupError("the consumer " + settings.consumer + " of stream " + settings.stream +
                      " can't be created: " + error.what());
}

// A server before 2.10 ignores several filters: the consumer would bring everything. Then it is deleted.
void require_filters(JetStream &jetstream, const json &made, const std::string &name, const Settings &settings) {
  if (settings.filter_subjects.size() < 2 || made.at("config").contains("filter_subjects"))
    return;
  jetstream.request("CONSUMER.DELETE." + settings.stream + "." + name, "");
  throw StartupError(
      "this NATS server is older than 2.10 and takes one --filter-subject: give one, or create a consumer for each");
}

json create(JetStream &jetstream, const Settings &settings, const json &config) {
  const std::string name = settings.stream + "." + settings.consumer;
  json made;
  try {
    made = request_consumer(jetstream, "CONSUMER.DURABLE.CREATE." + name, settings, config);
  } catch (const ApiError &error) {
    // Another host may have created it meanwhile, with another start.
    try {
      return jetstream.ask("CONSUMER.INFO." + name, "");
    } catch (const ApiError &) {
      throw cannot_be_created(settings, error);
    }
  }
  require_filters(jetstream, made, settings.consumer, settings);
  return made;
}

// Of the server, which deletes a consumer that was only tried, if nobody else does. A stream may limit it.
std::int64_t short_life(const json &stream) {
  constexpr std::int64_t usual = std::chrono::nanoseconds(std::chrono::seconds(10)).count();
  const auto limits = stream.at("config").find("consumer_limits");
  const auto most = limits != stream.at("config").end() ? limits->value("inactive_threshold", usual) : usual;
  return most > 0 ? std::min(usual, most) : usual;
}

// For --check: what the server thinks of that consumer, by one of another name that is deleted at once. On a work queue
// it would keep a run from making its own meanwhile.
void try_to_create(JetStream &jetstream, const Settings &settings, const json &stream, json config,
                   std::vector<std::string> &warnings) {
  if (stream.at("config").value("retention", "") == "workqueue")
    return;
  const std::string name = one_time_name(settings.consumer);
  config.erase("durable_name");
  config["name"] = name;
  config["inactive_threshold"] = short_life(stream);
  // The server takes one filter only with a subject that has it, too (server/jetstream_api.go).
  const std::string filter = settings.filter_subjects.size() == 1 ? "." + settings.filter_subjects.front() : "";
  try {
    const json made = request_consumer(jetstream, "CONSUMER.CREATE." + settings.stream + "." + name + filter, settings,
                                       std::move(config));
    require_filters(jetstream, made, name, settings);
    jetstream.request("CONSUMER.DELETE." + settings.stream + "." + name, "");
  } catch (const ApiError &error) {
    throw cannot_be_created(settings, error);
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
    // A capture needs no permission for it.
    if (settings.filter_subjects.size() > 1)
      warnings.push_back("it could not be tried whether the server takes these filters together: " +
                         std::string(error.what()));
  }
}

std::uint64_t number(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

constexpr std::chrono::seconds configuration_timeout(2);

// The first message that the stream has from that sequence on, of the subjects that the filter lets through.
std::optional<MessageTime> first_from(JetStream &jetstream, const std::string &stream, std::uint64_t sequence,
                                      const std::string &filter) {
  try {
    // The leader answers: a direct get might ask a replica that lags behind.
    const json answer =
        jetstream.ask("STREAM.MSG.GET." + stream, json{{"seq", sequence}, {"next_by_subj", filter}}.dump());
    const json &message = answer.at("message");
    return MessageTime{number(message, "seq"), nanoseconds_of(message.value("time", ""))};
  } catch (const ApiError &error) {
    if (error.code == not_found)
      return std::nullopt;
    throw NoAnswer(Unanswered::lost, error.what());
  }
}

} // namespace

void check_name(const std::string &name, const char *flag) {
  if (name.find_first_of(".*> \t\r\n/\\") != std::string::npos)
    throw StartupError(std::string(flag) + ": \"" + name +
                       "\" is not a name that JetStream allows (it has a dot, space, * , > or slash)");
  // Older servers, as 2.9, take it for a placeholder where they write ack subjects (server/consumer.go, ackReplyT).
  if (name.find('%') != std::string::npos)
    throw StartupError(
        std::string(flag) + ": \"" + name +
        "\" has a %, and some NATS servers corrupt the ack subjects of such a name, so that nothing could be "
        "acked: give it another name");
}

json existing_stream(JetStream &jetstream, const std::string &stream) {
  try {
    return stream_info(jetstream, stream);
  } catch (const ApiError &error) {
    if (error.code != not_found)
      throw StartupError("asking for the stream " + stream + " fails: " + error.what());
    throw StartupError("there is no stream " + stream + " (--stream)" +
                       suggestion(stream, names(jetstream, "STREAM.NAMES", "streams")));
  }
}

bool same_consumer(std::int64_t created, std::int64_t other_created) {
  constexpr std::int64_t tolerance = 200'000'000;
  return std::abs(created - other_created) < tolerance;
}

bool surely_same_consumer(const KnownConsumer &earlier, const ConsumerFacts &now) {
  return earlier.created == now.consumer_created ||
         (earlier.delivered > 0 && now.delivered_sequence >= earlier.delivered);
}

ConsumerFacts bind_consumer(JetStream &jetstream, const Settings &settings, const SafeSequence &safe,
                            std::vector<std::string> &warnings) {
  check_name(settings.stream, "--stream");
  check_name(settings.consumer, "--consumer");
  try {
    const json stream = existing_stream(jetstream, settings.stream);
    json consumer;
    bool created = false;
    try {
      consumer = consumer_info(jetstream, settings.stream, settings.consumer);
    } catch (const ApiError &error) {
      if (error.code != not_found)
        throw StartupError("asking for the consumer " + settings.consumer + " fails: " + error.what());
      if (!settings.create_consumer)
        throw StartupError(
            "stream " + settings.stream + " has no consumer " + settings.consumer +
            " (--consumer): --create-consumer creates it" +
            suggestion(settings.consumer, names(jetstream, "CONSUMER.NAMES." + settings.stream, "consumers")));
      const json wanted = config_after(safe, settings, stream, warnings);
      // --check leaves nothing behind: it checks the configuration that would be created.
      if (settings.check) {
        try_to_create(jetstream, settings, stream, wanted, warnings);
        consumer = {{"config", wanted}, {"created", ""}, {"delivered", {{"stream_seq", 0}}}};
        warnings.push_back("the consumer " + settings.consumer + " does not exist yet: a run creates it");
      } else {
        consumer = create(jetstream, settings, wanted);
      }
      created = true;
    }
    const std::vector<std::string> of_consumer = check_consumer(consumer, stream, settings);
    warnings.insert(warnings.end(), of_consumer.begin(), of_consumer.end());
    return {.stream = settings.stream,
            .consumer = settings.consumer,
            .stream_created = stream.at("created").get<std::string>(),
            .consumer_created = nanoseconds_of(consumer.at("created").get<std::string>()),
            .server_time = consumer_state(consumer).server_time,
            .coverage = coverage_of(consumer),
            .deliver_policy = consumer.at("config").value("deliver_policy", "all"),
            .settings = settings_of(consumer),
            .delivered_sequence = consumer_state(consumer).delivered_stream_sequence,
            .ack_floor_sequence = consumer_state(consumer).ack_floor_stream_sequence,
            .begins_at = consumer_state(consumer).delivered_consumer_sequence == 0
                             ? consumer_state(consumer).ack_floor_stream_sequence + 1
                             : 0,
            .start_sequence = created ? number(consumer.at("config"), "opt_start_seq") : 0,
            .warnings = of_consumer};
  } catch (const NoAnswer &error) {
    throw StartupError(error.what());
  } catch (const json::exception &) {
    throw StartupError("the server's answer about stream " + settings.stream + " is not what JetStream answers");
  }
}

json consumer_info(JetStream &jetstream, const std::string &stream, const std::string &consumer,
                   std::chrono::milliseconds timeout) {
  return jetstream.ask("CONSUMER.INFO." + stream + "." + consumer, "", timeout);
}

json stream_info(JetStream &jetstream, const std::string &stream, std::chrono::milliseconds timeout) {
  return jetstream.ask("STREAM.INFO." + stream, "", timeout);
}

std::vector<ServerConfiguration> configurations_of(JetStream &jetstream, const std::string &stream,
                                                   const std::string &consumer) {
  std::vector<ServerConfiguration> all = {
      {"stream", stream, stream_info(jetstream, stream, configuration_timeout).at("config").dump()}};
  if (!consumer.empty())
    all.push_back(
        {"consumer", consumer, consumer_info(jetstream, stream, consumer, configuration_timeout).at("config").dump()});
  return all;
}

std::vector<ServerConfiguration> configurations_of_consumers(JetStream &jetstream, const std::string &stream) {
  std::vector<ServerConfiguration> all;
  while (true) {
    const json page =
        jetstream.ask("CONSUMER.LIST." + stream, json{{"offset", all.size()}}.dump(), configuration_timeout);
    const json &infos = page.at("consumers");
    for (const json &info : infos)
      all.push_back({"consumer", info.value("name", ""), info.at("config").dump()});
    if (infos.empty() || all.size() >= number(page, "total"))
      return all;
  }
}

ConsumerState consumer_state(const json &info) {
  const auto sequence = [&](const char *name, const char *kind) {
    const auto found = info.find(name);
    return found != info.end() ? number(*found, kind) : 0;
  };
  return {.delivered_stream_sequence = sequence("delivered", "stream_seq"),
          .delivered_consumer_sequence = sequence("delivered", "consumer_seq"),
          .ack_floor_stream_sequence = sequence("ack_floor", "stream_seq"),
          .pending = number(info, "num_pending"),
          .ack_pending = number(info, "num_ack_pending"),
          .created = nanoseconds_of(info.value("created", "")),
          .server_time = nanoseconds_of(info.value("ts", ""))};
}

StreamState stream_state(const json &info) {
  const json &state = info.at("state");
  const json config = info.value("config", json::object());
  return {.created = info.value("created", ""),
          .first_sequence = number(state, "first_seq"),
          .last_sequence = number(state, "last_seq"),
          .messages = number(state, "messages"),
          .keeps_acked = config.value("retention", "limits") == "limits",
          .replaces =
              config.value("max_msgs_per_subject", std::int64_t{0}) > 0 || config.value("allow_rollup_hdrs", false),
          .first_timestamp = nanoseconds_of(state.value("first_ts", "")),
          .last_timestamp = nanoseconds_of(state.value("last_ts", ""))};
}

std::optional<std::int64_t> timestamp_of(JetStream &jetstream, const std::string &stream, std::uint64_t sequence) {
  try {
    // The leader answers: a direct get might ask a replica that lags behind.
    const json answer = jetstream.ask("STREAM.MSG.GET." + stream, json{{"seq", sequence}}.dump());
    return nanoseconds_of(answer.at("message").value("time", ""));
  } catch (const ApiError &error) {
    if (error.code == not_found || error.code == bad_request)
      return std::nullopt;
    throw NoAnswer(Unanswered::lost, error.what());
  }
}

// The server gives the first message behind a sequence, not the last one before it: so from ever farther before it,
// then by halves.
std::optional<MessageTime> newest_up_to(JetStream &jetstream, const std::string &stream, std::uint64_t sequence) {
  if (const auto timestamp = timestamp_of(jetstream, stream, sequence))
    return MessageTime{sequence, *timestamp};
  std::optional<MessageTime> found;
  const auto look_from = [&](std::uint64_t from) {
    const auto one = first_from(jetstream, stream, from, ">");
    if (!one || one->sequence > sequence)
      return false;
    found = one;
    return true;
  };
  std::uint64_t none_from = sequence;
  for (std::uint64_t step = 1; !found; step *= 2) {
    const std::uint64_t from = sequence > step ? sequence - step : 1;
    if (!look_from(from) && from == 1)
      return std::nullopt;
    none_from = found ? none_from : from;
  }
  for (std::uint64_t from = found->sequence + 1; from < none_from; from = found->sequence + 1) {
    const std::uint64_t half = from + (none_from - from) / 2;
    if (!look_from(half))
      none_from = half;
  }
  return found;
}

std::optional<std::uint64_t> next_sequence(JetStream &jetstream, const std::string &stream,
                                           const std::vector<std::string> &filters, std::uint64_t from) {
  std::optional<std::uint64_t> first;
  for (const std::string &filter : filters.empty() ? std::vector<std::string>{">"} : filters)
    if (const auto message = first_from(jetstream, stream, from, filter))
      first = std::min(first.value_or(message->sequence), message->sequence);
  return first;
}

} // namespace jetcapture::host
