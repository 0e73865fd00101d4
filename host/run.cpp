#include "run.hpp"

#include "capture/capture.hpp"
#include "capture/codec.hpp"
#include "folder_check.hpp"
#include "nats/jetstream_delivery.hpp"
#include "nats/permission_checks.hpp"
#include "operation.hpp"
#include "plugins/catalog.hpp"
#include "plugins/stage_about.hpp"
#include "plugins/stages.hpp"
#include "process_end.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"
#include "state_folder.hpp"
#include "status/progress_of.hpp"
#include "terminal/progress_line.hpp"
#include "terminal/summary.hpp"

#include <chrono>
#include <deque>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

namespace {

// What --check and the first log line say: what this run would do.
void say_what_it_does(const Settings &settings, const ConsumerFacts &consumer, const std::string &payload,
                      const std::filesystem::path &state, Log &log) {
  const std::optional<std::uint64_t> from = consumer.coverage.first_sequence;
  log.info(settings.check ? "everything is in order; this run would capture" : "capturing",
           {{"stream", consumer.stream},
            {"consumer", consumer.consumer},
            {"decoder", settings.decoder.name},
            {"writer", settings.writer.name},
            {"store", settings.store.name},
            {"payload", payload},
            {"max_age", format_duration(settings.max_age)},
            {"filters", joined(consumer.coverage.filters)},
            {"from_sequence", from ? std::to_string(*from) : "not known"},
            {"max_ack_pending", consumer.settings.max_ack_pending},
            {"ack_wait", format_duration(consumer.settings.ack_wait)},
            {"state_dir", state.string()}});
}

void summarise(const Counters &counters, const CaptureEnd &end, std::chrono::steady_clock::duration took, Log &log) {
  log.write(end.given_back + end.unconfirmed == 0 && end.failure.empty() ? Level::info : Level::warn, "ended",
            {{"messages", counters.messages.load()},
             {"acked", counters.acked.load()},
             {"blocks", counters.blocks_stored.load()},
             {"bytes", counters.bytes_stored.load()},
             {"bytes_before_compression", counters.bytes_written.load()},
             {"copies", counters.copies.load()},
             {"filtered", counters.filtered.load()},
             {"quarantined", counters.quarantined.load()},
             {"given_back", end.given_back},
             {"unconfirmed", end.unconfirmed},
             {"seconds", std::chrono::nanoseconds(took)}});
}

Summary summary_of(const ConsumerFacts &consumer, const Counters &counters, const CaptureEnd &end,
                   std::chrono::steady_clock::duration took) {
  return {.stream = consumer.stream,
          .consumer = consumer.consumer,
          .took = took,
          .messages = counters.messages,
          .acked = counters.acked,
          .filtered = counters.filtered,
          .quarantined = counters.quarantined,
          .terminated = counters.terminated,
          .copies = counters.copies,
          .blocks = counters.blocks_stored,
          .bytes_written = counters.bytes_written,
          .bytes_stored = counters.bytes_stored,
          .store_failures = counters.store_failures,
          .given_back = end.given_back,
          .unconfirmed = end.unconfirmed,
          .failure = end.failure};
}

HostFacts facts_of(const Settings &settings, const ConsumerFacts &consumer) {
  return {.version = JETCAPTURE_VERSION,
          .abi = std::to_string(JETCAPTURE_ABI_MAJOR) + "." + std::to_string(JETCAPTURE_ABI_MINOR),
          .stream = consumer.stream,
          .consumer = consumer.consumer,
          .decoder = settings.decoder.name,
          .writer = settings.writer.name,
          .store = settings.store.name,
          .max_age = settings.max_age,
          .memory_limit = settings.memory_limit,
          .spool_limit = settings.spool_limit,
          .store_timeout = settings.store_timeout};
}

// What the run before was at when it ended, where it did not end by itself.
void tell_interrupted(const std::vector<CallRecord::Interrupted> &calls, Log &log) {
  for (const CallRecord::Interrupted &call : calls) {
    const std::string why = call.signal != 0     ? std::string("it crashed, signal ") + std::to_string(call.signal)
                            : call.ended_process ? "it ended the process"
                                                 : "unknown: killed, or stopped while the call did not return";
    log.warn(call.ends > 1
                 ? "earlier runs ended while a plug-in was at the same message: it goes to quarantine, and the "
                   "plug-in does not get it again"
                 : "the run before ended while a plug-in was at work",
             {{"stage", stage_of(call.at.call)},
              {"function", function_of(call.at.call)},
              {"sequence", call.at.sequence},
              {"why", why},
              {"times", call.ends}});
  }
}

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

// A consumer that is recreated later goes on from there.
void remember_what_is_safe(Delivery &delivery, Journal &journal) {
  constexpr std::chrono::milliseconds timeout(500);
  try {
    if (const auto progress = delivery.progress(timeout))
      journal.safe_up_to(progress->ack_floor_sequence);
  } catch (const DeliveryError &) {
    // The consumer is gone: what was known before stays.
  }
}

} // namespace

ExitStatus run(const Settings &given, const std::atomic<int> &stop, CallRecord &calls, ProcessEnd &process_end,
               Log &log) {
  const auto begin = std::chrono::steady_clock::now();
  Settings settings = given;
  settings.connection = with_context(settings.connection);

  const std::unique_ptr<HttpServer> server = listen(settings);

  // Plug-ins first: they need no network, and most mistakes are here.
  std::atomic<bool> cancelled{false};
  const auto folders = folders_of(settings);
  const auto find = [&](StageKind kind, const StageChoice &choice) {
    return find_stage(folders, kind, choice.name, settings.allow_writable_plugins);
  };
  const LoadedDecoder loaded_decoder = load_decoder(find(StageKind::decoder, settings.decoder));
  const LoadedWriter loaded_writer = load_writer(find(StageKind::writer, settings.writer));
  const LoadedStore loaded_store = load_store(find(StageKind::store, settings.store));
  const std::string payload = agree_on_payload(loaded_decoder, loaded_writer);
  if (settings.compression != Compression::none &&
      (loaded_writer.description.flags & JETCAPTURE_WRITER_COMPRESSES) != 0)
    throw StartupError("the writer " + settings.writer.name + " compresses its output itself: leave out --compression");
  require_codec(settings.compression, settings.compression_level);
  const StageUse use = {&calls, settings.check};
  const std::deque<Decoder> decoders = make_decoders(loaded_decoder, settings, payload, log, cancelled, use);
  const Writer writer(loaded_writer.description, StageKind::writer, settings.writer.options, payload, log, cancelled,
                      use);
  static_cast<void>(PathTemplate(settings.path_template, settings.stream, settings.consumer));
  const Store store(loaded_store.description, StageKind::store, settings.store.options, "", log, cancelled, use);

  const StateFolder state(settings);
  const std::filesystem::path spool_folder =
      settings.spool_dir.empty() ? state.path() / "spool" : std::filesystem::path(settings.spool_dir);
  std::optional<Spool> spool;
  if (settings.check)
    check_folder(spool_folder, "spool folder", "--spool-dir");
  else
    spool.emplace(spool_folder, settings.spool_limit);

  Connection ack_connection(settings.connection, "ack", log);
  JetStream jetstream(ack_connection, settings.connection);
  std::vector<std::string> warnings;
  const ConsumerFacts consumer = bind_consumer(jetstream, settings, safe_sequence(state.path(), settings), warnings);
  Connection pull_connection(settings.connection, "pull", log);
  prove_permissions(pull_connection, ack_connection, jetstream, consumer, settings, warnings);
  for (const std::string &warning : warnings)
    log.warn(warning);
  if (consumer.start_sequence > 0)
    log.info("the consumer is created behind what an earlier one has stored; --capture-again captures it again",
             {{"start", consumer.start_sequence}});

  say_what_it_does(settings, consumer, payload, state.path(), log);
  if (settings.check)
    return exit_done;

  tell_interrupted(calls.keep_in(state.path()), log);
  const CaptureIdentity identity = {consumer.stream, consumer.stream_created, consumer.consumer,
                                    consumer.consumer_created, as_text(consumer.coverage.filters)};
  Journal journal(
      state.path(), identity,
      [&](const CaptureIdentity &other) { return origin_of(other, identity, settings.capture_again); }, log);
  InFlight in_flight(state.path() / "in-flight",
                     identity.stream + "\n" + identity.stream_created + "\n" + identity.consumer, log);
  const SystemClock clock;
  Counters counters;
  process_end.capture_begins(counters, settings.drain_timeout);
  CaptureEnd end;
  {
    JetStreamDelivery delivery(pull_connection, ack_connection, jetstream, consumer, settings, log);
    Capture capture(settings, {consumer.stream, consumer.stream_created, consumer.consumer, captured_by(settings)},
                    {decoders, writer, store}, {delivery, journal, in_flight, *spool, counters, clock, log},
                    {stop, cancelled});
    Operation operation({counters, delivery, *spool, journal, calls,
                         [&](const Delivery::Progress &progress) { capture.hear(progress); }},
                        facts_of(settings, consumer), settings, ack_connection, server.get(), log);
    const bool for_people = settings.log_format == LogFormat::text;
    std::optional<ProgressLine> progress;
    if (for_people && can_show_progress(log.descriptor()))
      progress.emplace(log, consumer.stream, [&] { return progress_of(operation.look()); });
    end = capture.run();
    progress.reset();
    remember_what_is_safe(delivery, journal);
    const bool some_left = end.given_back + end.unconfirmed > 0;
    const ExitStatus status = !end.failure.empty()         ? exit_failed
                              : some_left || !end.complete ? exit_given_back
                                                           : exit_done;
    process_end.capture_ended(status);
    const auto took = std::chrono::steady_clock::now() - begin;
    summarise(counters, end, took, log);
    if (settings.once && for_people)
      std::cout << summary_table(summary_of(consumer, counters, end, took)) << std::flush;
    operation.finish({status, end.failure, end.given_back, end.unconfirmed});
    // A store may be in the middle of a put that does not end: nothing is waited for any more.
    if (some_left) {
      try {
        journal.flush();
      } catch (const JournalError &error) {
        log.warn("the journal's last records are lost, those blocks are acked once more", {{"reason", error.what()}});
      }
      ProcessEnd::now(status);
    }
    return status;
  }
}

} // namespace jetcapture::host
