#include "tools/ledger/against_stream.hpp"

#include "ledger/sequence_runs.hpp"
#include "nats/consumer.hpp"
#include "nats/consumer_checks.hpp"
#include "nats/stream_sequences.hpp"
#include "settings/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace jetcapture::host {

namespace {

const Settings &checked(const Settings &settings) {
  if (settings.stream.empty() || settings.consumer.empty())
    throw StartupError(
        "--against-stream needs the stream and the consumer of the capture: --stream NAME --consumer NAME");
  return settings;
}

} // namespace

AgainstStream::AgainstStream(const Settings &settings, Log &log)
    : settings_(checked(settings)), where_(with_context(settings.connection)), connection_(where_, "verify", log),
      jetstream_(connection_, where_) {
  std::string without = "is not there any more, or it never was";
  try {
    const StreamState stream = stream_state(stream_info(jetstream_, settings_.stream));
    created_ = stream.created;
    stream_first_ = stream.first_sequence;
    has_stream_ = true;
    without = "has no consumer " + settings_.consumer + " any more, or it never had";
    read_consumer();
  } catch (const ApiError &error) {
    constexpr int not_found = 404;
    if (error.code == not_found) {
      gone_ = without;
      return;
    }
    throw StartupError("the stream " + settings_.stream + " and its consumer " + settings_.consumer +
                       " can't be asked for: " + error.what());
  } catch (const NoAnswer &error) {
    throw StartupError(error.what());
  }
}

void AgainstStream::read_consumer() {
  const nlohmann::json info = consumer_info(jetstream_, settings_.stream, settings_.consumer);
  last_ = consumer_state(info).ack_floor_stream_sequence;
  const nlohmann::json config = info.value("config", nlohmann::json::object());
  const std::string policy = config.value("deliver_policy", "all");
  first_ = policy == "all" ? stream_first_ : policy == "by_start_sequence" ? config.value("opt_start_seq", last_) : 0;
  ranges_ = {{.filters = filters_of(config)}};
}

// A capture with ordered delivery has no consumer: its manifests tell up to where all is recorded.
void AgainstStream::read_ordered(StoreCheck &check) {
  for (const OrderedReach &one : check.ordered) {
    if (one.stream != settings_.stream || one.capture != settings_.consumer || !has_stream_)
      continue;
    first_ = gone_.empty() && first_ > 0 ? std::min(first_, one.begins_behind + 1) : one.begins_behind + 1;
    last_ = std::max(last_, one.floor);
    is_ordered_ = true;
    ranges_ = one.ranges;
    gone_.clear();
    look_for_lost_end(one, check);
  }
}

// Sequences that the stream gave once more are numbers that the backup has, of other messages.
void AgainstStream::look_for_lost_end(const OrderedReach &captured, StoreCheck &check) {
  if (captured.newest_sequence == 0)
    return;
  try {
    const std::optional<MessageTime> newest = newest_up_to(jetstream_, settings_.stream, captured.newest_sequence);
    if (newest && newest->timestamp > captured.newest_timestamp)
      check.findings.add({Verdict::wrong,
                          "lost_end",
                          settings_.stream,
                          "has lost its last messages, as after a power failure, and has given their sequences to "
                          "others, which are not captured: start the capture again, it goes back to where both agree",
                          {}});
  } catch (const NoAnswer &error) {
    check.findings.add({Verdict::unknown,
                        "stream_unreadable",
                        settings_.stream,
                        std::string("can't be asked whether it still has what was captured: ") + error.what(),
                        {}});
  }
}

std::optional<SequenceRun> AgainstStream::compare(StoreCheck &check) {
  read_ordered(check);
  if (gone_.empty())
    return look(check);
  check.findings.add({Verdict::unknown,
                      "consumer_gone",
                      settings_.stream,
                      gone_ + ": which of its messages have to be in the backup can't be told",
                      {}});
  return std::nullopt;
}

SequenceRun AgainstStream::look(StoreCheck &check) {
  Recorded recorded = {settings_.stream, settings_.consumer, created_};
  for (const Recorded &one : check.recorded)
    if (one.stream == recorded.stream && one.capture == recorded.capture && one.stream_created == created_)
      recorded = one;
  const std::uint64_t recorded_from = recorded.runs.empty() ? UINT64_MAX : recorded.runs.front().first;
  const std::uint64_t from = first_ == 0 ? recorded_from : std::min(first_, recorded_from);
  if (from > last_)
    return {from == UINT64_MAX ? last_ : from, last_};
  const std::vector<SequenceRun> unrecorded = recorded.missing(from, last_);
  if (unrecorded.empty())
    return {from, last_};
  Unrecorded found;
  try {
    for (const FilteredRange &range : ranges_)
      look(range, between(unrecorded, range.first, range.last), found);
  } catch (const std::runtime_error &error) {
    check.findings.add(
        {Verdict::unknown, "stream_unreadable", settings_.stream, std::string("can't be listed: ") + error.what(), {}});
    return {from, last_};
  }
  if (!found.missing.empty())
    check.findings.add({Verdict::wrong, "missing", settings_.stream,
                        is_ordered_ ? "has messages up to the floor of the capture that no manifest records"
                                    : "has messages that are acked, and that no manifest records",
                        found.missing});
  const std::uint64_t below_first = stream_first_ == 0 ? 0 : stream_first_ - 1;
  if (const auto below = between(found.gone, 1, below_first); !below.empty())
    check.findings.add(
        {Verdict::unknown, "gone", settings_.stream, "has no more the messages that no manifest records", below});
  if (const auto interior = between(found.gone, below_first + 1, UINT64_MAX); !interior.empty())
    check.findings.add({Verdict::unknown, "gap", settings_.stream,
                        is_ordered_
                            ? "has no messages there, and no manifest says since when"
                            : "has no messages there, and no manifest says since when: whether they were deleted "
                              "before the consumer came to them, or were lost, can't be told of a consumer that hosts "
                              "share",
                        interior});
  return {from, last_};
}

void AgainstStream::look(const FilteredRange &range, const std::vector<SequenceRun> &unrecorded, Unrecorded &found) {
  if (unrecorded.empty())
    return;
  SequencesWithin present(unrecorded);
  list_sequences(connection_, jetstream_, where_.inbox_prefix,
                 {settings_.stream, range.filters, unrecorded.front().first, unrecorded.back().last},
                 [&](std::uint64_t sequence) { present.take(sequence); });
  const std::vector<SequenceRun> missing = runs_of(present.kept());
  found.missing.insert(found.missing.end(), missing.begin(), missing.end());
  // What a filter leaves out is recorded nowhere.
  if (!range.filters.empty())
    return;
  const std::vector<SequenceRun> gone = without(unrecorded, missing);
  found.gone.insert(found.gone.end(), gone.begin(), gone.end());
}

bool AgainstStream::is_filtered() const {
  return std::any_of(ranges_.begin(), ranges_.end(), [](const FilteredRange &range) { return !range.filters.empty(); });
}

bool AgainstStream::may_still_come(const OnlyCopy &copy) {
  const BlockLine &line = copy.line;
  // When a stream was created is told otherwise by a server that restarts after the stream was edited.
  const bool is_this_stream =
      copy.header.stream_created == created_ ||
      timestamp_of(jetstream_, settings_.stream, line.last_sequence) == line.last_sequence_timestamp;
  if (!is_this_stream)
    return false;
  if (line.last_sequence > last_)
    return true;
  SequencesWithin present(copy.only);
  list_sequences(connection_, jetstream_, where_.inbox_prefix,
                 {settings_.stream, {}, copy.only.front().first, copy.only.back().last},
                 [&](std::uint64_t sequence) { present.take(sequence); });
  return !present.kept().empty();
}

} // namespace jetcapture::host
