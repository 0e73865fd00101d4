#include "stream_capture.hpp"

#include "blocks/codec.hpp"
#include "blocks/object_name.hpp"
#include "nats/permission_checks.hpp"
#include "nats/request.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

std::string as_text(std::vector<std::string> filters) {
  std::sort(filters.begin(), filters.end());
  std::string text;
  for (const std::string &filter : filters)
    text += (text.empty() ? "" : " ") + filter;
  return text;
}

// Messages that were stored of the journal's stream: the highest that it knows, and the highest of each block whose
// acks are still to be confirmed.
std::vector<Landmark> witnesses(const JournalContents &kept) {
  std::vector<Landmark> all = {kept.landmark};
  for (const auto &[id, block] : kept.blocks) {
    all.emplace_back();
    all.back().see(block);
  }
  std::erase_if(all, [](const Landmark &one) { return one.sequence == 0; });
  return all;
}

// When a stream was created is told otherwise by a server that restarts after the stream was edited: it is another one
// only if nothing of what was stored of it is there any more.
bool is_same_stream(const JournalContents &kept, const std::string &created, JetStream &jetstream,
                    const std::string &stream) {
  if (kept.identity.stream != stream)
    return false;
  if (kept.identity.stream_created == created)
    return true;
  try {
    const std::vector<Landmark> stored = witnesses(kept);
    return std::any_of(stored.begin(), stored.end(), [&](const Landmark &one) {
      return timestamp_of(jetstream, stream, one.sequence) == one.timestamp;
    });
  } catch (const NoAnswer &error) {
    // Without the permission the journal counts as that of another stream, so that nothing is taken for stored.
    if (error.reason == Unanswered::not_permitted)
      return false;
    throw StartupError(error.what());
  }
}

// What the journal knows as safe holds for a consumer that is created only if it is to deliver the same messages.
SafeSequence safe_sequence(const JournalContents &kept, const Settings &settings) {
  if (!settings.create_consumer || settings.capture_again)
    return {};
  if (kept.identity.stream != settings.stream || kept.identity.consumer != settings.consumer ||
      kept.identity.filters != as_text(settings.filter_subjects))
    return {};
  return {kept.identity.stream_created, kept.safe_up_to};
}

// A consumer that has delivered all that the journal knows may be acked: its time of creation changes with an edit,
// too.
JournalOrigin origin_of(const CaptureIdentity &journal, const CaptureIdentity &capture, const BoundStream &stream,
                        bool capture_again) {
  if (journal.stream != capture.stream || journal.stream_created != capture.stream_created ||
      journal.consumer != capture.consumer)
    return JournalOrigin::other;
  if (surely_same_consumer({journal.consumer_created, stream.delivered_before}, stream.consumer))
    return JournalOrigin::this_consumer;
  if (capture_again)
    return JournalOrigin::other;
  return same_consumer(journal.consumer_created, capture.consumer_created) ? JournalOrigin::this_consumer
                                                                           : JournalOrigin::earlier_consumer;
}

template <class Description>
ManifestStage stage_of(const Stage<Description> &stage) {
  return {stage.name(), stage.description().about->version};
}

using Configurations = std::vector<ManifestConfiguration>;
constexpr auto between_configurations = std::chrono::minutes(10);

Capture::LedgerPlan ledger_plan(const Settings &settings, const BoundStream &stream, const Stages &stages,
                                Configurations configurations) {
  Capture::LedgerPlan plan;
  plan.configurations = std::move(configurations);
  plan.facts.chain = {stream.consumer.stream, stream.consumer.consumer, stream.state.host_id()};
  plan.facts.stream_created = stream.stream_created;
  plan.facts.consumer_created = stream.consumer.consumer_created;
  plan.facts.program = "jetcapture " JETCAPTURE_VERSION;
  plan.facts.decoder = stage_of(stages.decoders.front());
  plan.facts.writer = stage_of(stages.writer);
  const std::string_view encoding = codec_encoding(settings.compression);
  plan.facts.compression = {std::string(encoding.empty() ? "none" : encoding), ""};
  plan.facts.options = captured_by(settings);
  plan.facts.path_template = settings.path_template;
  plan.facts.interval = settings.max_age.count();
  plan.facts.ack_floor = stream.consumer.begins_at > 0 ? 0 : stream.consumer.ack_floor_sequence;
  plan.facts.begins_at = stream.consumer.begins_at;
  plan.stage_memory = stream.state.stage_memory();
  plan.last_manifest = stream.state.path() / last_manifest_file;
  // What is below it is acked, or the journal knows it.
  const CaptureIdentity &kept = stream.kept.identity;
  const bool has_journal = kept.stream == stream.consumer.stream && kept.stream_created == stream.stream_created &&
                           kept.consumer == stream.consumer.consumer;
  plan.beginning.floor = std::max(stream.consumer.ack_floor_sequence, has_journal ? stream.kept.safe_up_to : 0);
  if (has_journal && stream.kept.damaged_records == 0)
    plan.beginning.known_above = stream.kept.ledger_floor;
  plan.beginning.again = [again = settings.capture_again, before = stream.delivered_before,
                          consumer = stream.consumer](const ManifestHeader &last) {
    return again && !surely_same_consumer({last.consumer_created, std::max(before, last.highest_sequence)}, consumer);
  };
  return plan;
}

} // namespace

std::filesystem::path spool_folder(const Settings &settings, const StateFolder &state) {
  return settings.spool_dir.empty() ? state.path() / "spool" : std::filesystem::path(settings.spool_dir);
}

BoundStream::BoundStream(const Settings &settings, const StateFolder &state_folder, Log &log)
    : state(state_folder), acks(settings.connection, "ack", log), jetstream(acks, settings.connection),
      kept(read_journal(state.path() / journal_file)),
      consumer(bind_consumer(jetstream, settings, safe_sequence(kept, settings), warnings_)),
      stream_created(is_same_stream(kept, consumer.stream_created, jetstream, settings.stream)
                         ? kept.identity.stream_created
                         : consumer.stream_created),
      delivered_before(kept.landmark.sequence), pulls(settings.connection, "pull", log) {
  check_permissions(pulls, acks, jetstream, consumer, settings, warnings_);
  for (const std::string &warning : warnings_)
    log.warn(warning);
  if (consumer.start_sequence > 0)
    log.info("the consumer is created to begin after what an earlier one stored; --capture-again captures that again",
             {{"start", consumer.start_sequence}});
}

StreamCapture::StreamCapture(const Settings &settings, BoundStream &stream, const Stages &stages,
                             Capture::Control control, Log &log)
    : log_(log), jetstream_(stream.jetstream), identity_{.stream = stream.consumer.stream,
                                                         .stream_created = stream.stream_created,
                                                         .consumer = stream.consumer.consumer,
                                                         .consumer_created = stream.consumer.consumer_created,
                                                         .filters = as_text(stream.consumer.coverage.filters)},
      next_look_(std::chrono::steady_clock::now() + between_configurations),
      ledger_(ledger_plan(settings, stream, stages, settings.no_ledger ? Configurations() : configurations())),
      spool_(spool_folder(settings, stream.state), settings.spool_limit),
      journal_(
          stream.state.path(), std::move(stream.kept), identity_,
          [&](const CaptureIdentity &other) { return origin_of(other, identity_, stream, settings.capture_again); },
          log),
      in_flight_(stream.state.path() / "in-flight",
                 identity_.stream + "\n" + identity_.stream_created + "\n" + identity_.consumer, log),
      delivery_(stream.pulls, stream.acks, stream.jetstream, stream.consumer, settings, log),
      capture_(
          settings, {identity_.stream, identity_.stream_created, identity_.consumer, captured_by(settings)},
          {stages.decoders, stages.writer, stages.store},
          {delivery_, journal_, in_flight_, spool_, counters_, clock_, log, settings.no_ledger ? nullptr : &ledger_},
          control) {}

// What can't be asked now is asked the next time; what is not permitted is told once, and not asked again.
std::vector<ManifestConfiguration> StreamCapture::configurations() {
  std::vector<ManifestConfiguration> all;
  const auto take = [&](std::vector<ServerConfiguration> some) {
    for (ServerConfiguration &one : some)
      all.push_back({std::move(one.of), std::move(one.name), std::move(one.json)});
  };
  try {
    take(configurations_of(jetstream_, identity_.stream, identity_.consumer));
    if (!others_unknown_)
      take(configurations_of_consumers(jetstream_, identity_.stream));
  } catch (const NoAnswer &error) {
    if (error.reason == Unanswered::not_permitted) {
      others_unknown_ = true;
      log_.info("the manifests have the configuration of the stream and of this consumer, and not that of its other "
                "consumers, which can't be asked for",
                {{"reason", error.what()}});
    }
  } catch (const std::exception &error) {
    log_.debug("the configuration of the stream can't be asked for now", {{"reason", error.what()}});
  }
  if (others_unknown_)
    all.push_back({"consumers", "", ""});
  return all;
}

void StreamCapture::look_at_configurations() {
  if (std::chrono::steady_clock::now() < next_look_)
    return;
  next_look_ = std::chrono::steady_clock::now() + between_configurations;
  capture_.configured(configurations());
}

void StreamCapture::flush_journal() {
  try {
    journal_.flush();
  } catch (const JournalError &error) {
    log_.warn("the last records of the journal are lost; their blocks are acked once more", {{"reason", error.what()}});
  }
}

} // namespace jetcapture::host
