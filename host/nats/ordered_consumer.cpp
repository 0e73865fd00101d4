#include "nats/ordered_consumer.hpp"

#include "nats/ephemeral_consumer.hpp"
#include "nats/server_time.hpp"
#include "nats/stream_limits.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// For as long as it takes to look at a consumer that was made.
constexpr std::chrono::nanoseconds short_life = 10s;

void refuse_settings(const Settings &settings) {
  const std::string ordered = " has no meaning with --delivery ordered, which ";
  if (settings.create_consumer)
    throw StartupError("--create-consumer" + ordered + "makes its consumers itself: leave it out");
  if (!settings.priority_group.empty())
    throw StartupError("--priority-group" + ordered + "makes its consumers itself: leave it out");
  if (settings.capture_again)
    throw StartupError("--capture-again" + ordered + "goes on where its ledger ends: leave it out");
}

void refuse_retention(const json &stream, const Settings &settings) {
  const std::string retention = stream.at("config").value("retention", "limits");
  if (retention == "limits")
    return;
  throw StartupError("the stream " + settings.stream + " has the retention " + retention +
                     ", by which a message is removed once it is acked, and --delivery ordered acks none: use "
                     "--delivery shared");
}

void check_limits(const json &stream, const Settings &settings, std::vector<std::string> &warnings) {
  const std::chrono::nanoseconds hold = longest_in_flight(settings);
  if (const auto early = find_early_discard(stream, hold, settings.takeover_after, now_of(stream))) {
    const std::string sentence =
        "the stream " + settings.stream + " discards messages after " +
        (early->keeps < 1s ? "less than a second"
                           : format_duration(std::chrono::floor<std::chrono::seconds>(early->keeps))) +
        " (" + early->limit + "), before they are sure to be stored: they are in flight for up to " +
        format_duration(hold) +
        ", and those of a host that dies are read again; give a smaller --max-age, let the stream keep more";
    if (early->certain && !settings.accept_loss)
      throw StartupError(sentence + ", or accept that messages get lost with --accept-loss");
    warnings.push_back(sentence);
  }
  if (stream.at("config").value("allow_msg_ttl", false))
    warnings.push_back("the stream " + settings.stream +
                       " has messages with a TTL of their own: those that expire before they are stored are lost");
}

// Makes a consumer as the capture will: what the server thinks of the filters is known only then.
void check_consumer_can_be_made(JetStream &jetstream, const Settings &settings,
                                const std::vector<std::string> &filters) {
  try {
    const EphemeralConsumer made(jetstream, jetstream,
                                 {.stream = settings.stream,
                                  .capture = settings.consumer,
                                  .filters = filters,
                                  .first_sequence = end_of_stream,
                                  .inactive_threshold = short_life});
    // A server before 2.10 ignores several filters: the consumer would bring everything.
    if (made.filters() != filters)
      throw StartupError("this NATS server is older than 2.10 and takes one --filter-subject: give one, or make a "
                         "capture for each");
  } catch (const ApiError &error) {
    throw StartupError("the stream " + settings.stream + " can't be read: the server makes no consumer for it (" +
                       error.what() + ")" + (filters.empty() ? "" : ": check --filter-subject"));
  } catch (const NoAnswer &error) {
    if (error.reason != Unanswered::not_permitted)
      throw;
  }
}

} // namespace

ConsumerFacts bind_ordered(JetStream &jetstream, const Settings &settings, std::vector<std::string> &warnings) {
  check_name(settings.stream, "--stream");
  check_name(settings.consumer, "--consumer");
  refuse_settings(settings);
  try {
    const json stream = existing_stream(jetstream, settings.stream);
    refuse_retention(stream, settings);
    const auto already = warnings.size();
    check_limits(stream, settings, warnings);
    std::vector<std::string> filters = settings.filter_subjects;
    std::sort(filters.begin(), filters.end());
    for (std::string &warning : filter_warnings(filters, stream))
      warnings.push_back(std::move(warning));
    check_consumer_can_be_made(jetstream, settings, filters);
    std::optional<std::uint64_t> first;
    if (settings.start_time.empty())
      first = std::max<std::uint64_t>(1, settings.start_sequence);
    return {.stream = settings.stream,
            .consumer = settings.consumer,
            .stream_created = stream.at("created").get<std::string>(),
            .server_time = nanoseconds_of(stream.value("ts", "")),
            .coverage = {filters, first},
            .deliver_policy = "by_start_sequence",
            .warnings = {warnings.begin() + static_cast<std::ptrdiff_t>(already), warnings.end()}};
  } catch (const NoAnswer &error) {
    throw StartupError(error.what());
  } catch (const json::exception &) {
    throw StartupError("the server's answer about stream " + settings.stream + " is not what JetStream answers");
  }
}

std::uint64_t start_of_capture(JetStream &jetstream, const Settings &settings) {
  if (settings.start_time.empty())
    return settings.start_sequence - std::min<std::uint64_t>(settings.start_sequence, 1);
  if (settings.start_sequence > 0)
    throw StartupError("--start-sequence and --start-time say both where the capture begins: give one");
  if (nanoseconds_of(settings.start_time) == 0)
    throw StartupError("--start-time: \"" + settings.start_time + "\" is not a time such as 2026-11-02T12:00:00Z");
  try {
    // Of a consumer that has delivered nothing the server tells what it begins after.
    const EphemeralConsumer made(jetstream, jetstream,
                                 {.stream = settings.stream,
                                  .capture = settings.consumer,
                                  .first_time = settings.start_time,
                                  .inactive_threshold = short_life});
    return made.state().delivered_stream_sequence;
  } catch (const ApiError &error) {
    throw StartupError("--start-time: the server can't say where " + settings.start_time + " is in the stream " +
                       settings.stream + ": " + error.what());
  }
}

} // namespace jetcapture::host
