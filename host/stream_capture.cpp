#include "stream_capture.hpp"

#include "blocks/object_name.hpp"
#include "commit/journal_contents.hpp"
#include "nats/permission_checks.hpp"

#include <algorithm>
#include <chrono>

namespace jetcapture::host {

namespace {

std::string as_text(std::vector<std::string> filters) {
  std::sort(filters.begin(), filters.end());
  std::string text;
  for (const std::string &filter : filters)
    text += (text.empty() ? "" : " ") + filter;
  return text;
}

// What the journal knows as safe holds for a consumer that is created only if it is to deliver the same messages.
SafeSequence safe_sequence(const std::filesystem::path &state, const Settings &settings) {
  if (!settings.create_consumer || settings.capture_again)
    return {};
  const JournalContents kept = read_journal(state / journal_file);
  if (kept.identity.stream != settings.stream || kept.identity.consumer != settings.consumer ||
      kept.identity.filters != as_text(settings.filter_subjects))
    return {};
  return {kept.identity.stream_created, kept.safe_up_to};
}

JournalOrigin origin_of(const CaptureIdentity &journal, const CaptureIdentity &capture, bool capture_again) {
  if (journal.stream != capture.stream || journal.stream_created != capture.stream_created ||
      journal.consumer != capture.consumer)
    return JournalOrigin::other;
  if (same_consumer(journal.consumer_created, capture.consumer_created))
    return JournalOrigin::this_consumer;
  return capture_again ? JournalOrigin::other : JournalOrigin::earlier_consumer;
}

} // namespace

std::filesystem::path spool_folder(const Settings &settings, const StateFolder &state) {
  return settings.spool_dir.empty() ? state.path() / "spool" : std::filesystem::path(settings.spool_dir);
}

BoundStream::BoundStream(const Settings &settings, Log &log)
    : state(settings), acks(settings.connection, "ack", log), jetstream(acks, settings.connection),
      consumer(bind_consumer(jetstream, settings, safe_sequence(state.path(), settings), warnings_)),
      pulls(settings.connection, "pull", log) {
  prove_permissions(pulls, acks, jetstream, consumer, settings, warnings_);
  for (const std::string &warning : warnings_)
    log.warn(warning);
  if (consumer.start_sequence > 0)
    log.info("the consumer is created behind what an earlier one has stored; --capture-again captures it again",
             {{"start", consumer.start_sequence}});
}

StreamCapture::StreamCapture(const Settings &settings, BoundStream &stream, const Stages &stages,
                             Capture::Control control, Log &log)
    : log_(log), identity_{.stream = stream.consumer.stream,
                           .stream_created = stream.consumer.stream_created,
                           .consumer = stream.consumer.consumer,
                           .consumer_created = stream.consumer.consumer_created,
                           .filters = as_text(stream.consumer.coverage.filters)},
      spool_(spool_folder(settings, stream.state), settings.spool_limit),
      journal_(
          stream.state.path(), identity_,
          [&](const CaptureIdentity &other) { return origin_of(other, identity_, settings.capture_again); }, log),
      in_flight_(stream.state.path() / "in-flight",
                 identity_.stream + "\n" + identity_.stream_created + "\n" + identity_.consumer, log),
      delivery_(stream.pulls, stream.acks, stream.jetstream, stream.consumer, settings, log),
      capture_(settings, {identity_.stream, identity_.stream_created, identity_.consumer, captured_by(settings)},
               {stages.decoders, stages.writer, stages.store},
               {delivery_, journal_, in_flight_, spool_, counters_, clock_, log}, control) {}

CaptureEnd StreamCapture::run() {
  CaptureEnd end = capture_.run();
  remember_what_is_safe();
  return end;
}

// A consumer that is recreated later goes on from there.
void StreamCapture::remember_what_is_safe() {
  constexpr std::chrono::milliseconds timeout(500);
  try {
    if (const auto progress = delivery_.progress(timeout))
      journal_.safe_up_to(progress->ack_floor_sequence);
  } catch (const DeliveryError &) {
    // The consumer is gone: what was known before stays.
  }
}

void StreamCapture::flush_journal() {
  try {
    journal_.flush();
  } catch (const JournalError &error) {
    log_.warn("the journal's last records are lost, those blocks are acked once more", {{"reason", error.what()}});
  }
}

} // namespace jetcapture::host
