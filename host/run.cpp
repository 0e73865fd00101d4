#include "run.hpp"

#include "blocks/codec.hpp"
#include "blocks/object_name.hpp"
#include "folder_check.hpp"
#include "ledger/kept_memory.hpp"
#include "ledger/ledger.hpp"
#include "ledger_check.hpp"
#include "nats/server_greeting.hpp"
#include "operation.hpp"
#include "ordered_capture.hpp"
#include "plugins/load_stages.hpp"
#include "process_end.hpp"
#include "settings/values.hpp"
#include "status/progress_of.hpp"
#include "stream_capture.hpp"
#include "terminal/progress_line.hpp"
#include "terminal/summary.hpp"
#include "threads/fault_point.hpp"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

namespace {

constexpr auto greeting_timeout = std::chrono::seconds(1);

// What --check and the first log line say: what this run would do, and where. start: with ordered delivery.
void say_what_it_does(const Settings &settings, const BoundStream &stream, const std::optional<OrderedStart> &start,
                      const std::string &payload, const std::filesystem::path &state, Log &log) {
  const ConsumerFacts &consumer = stream.consumer;
  const std::string url = stream.acks.url();
  const ServerGreeting server = greeting_of(url, greeting_timeout);
  const std::optional<std::uint64_t> from = start ? start->after + 1 : consumer.coverage.first_sequence;
  log.info(settings.check ? "everything is in order; this run would capture" : "capturing",
           {{"version", JETCAPTURE_VERSION},
            {"stream", consumer.stream},
            {"consumer", consumer.consumer},
            {"server", server.name},
            {"server_version", server.version},
            {"url", url},
            {"decoder", settings.decoder.name},
            {"writer", settings.writer.name},
            {"store", settings.store.name},
            {"payload", payload},
            {"max_age", format_duration(settings.max_age)},
            {"filters", subjects_text(consumer.coverage.filters)},
            {"delivery", start ? "ordered" : consumer.deliver_policy},
            {"from_sequence", from ? std::to_string(*from) : "not known"},
            {"max_ack_pending", consumer.settings.max_ack_pending},
            {"ack_wait", format_duration(consumer.settings.ack_wait)},
            {"state_dir", state.string()}});
}

// taken: that the address is taken, with --check, where it may be that of a host of this capture.
std::unique_ptr<HttpServer> listen(const Settings &settings, std::optional<AddressInUse> &taken) {
  try {
    return listen(settings);
  } catch (const AddressInUse &error) {
    if (!settings.check)
      throw;
    taken = error;
    return nullptr;
  }
}

// --check: what a host that captures with the same state folder has is free for the run that follows it.
void check_beside(const StateFolder &state, const Settings &settings, const std::optional<AddressInUse> &taken,
                  Log &log) {
  if (taken && !state.is_in_use())
    throw AddressInUse(*taken);
  if (state.is_in_use())
    log.warn("a host captures with this state folder; what is checked is a start after its end",
             {{"state_dir", state.path().string()}});
  if (taken)
    log.warn("the address of --listen is in use: by that host, or by another program", {{"listen", settings.listen}});
}

bool some_left(const CaptureEnd &end) {
  return end.returned + end.unconfirmed > 0;
}

ExitStatus status_of(const CaptureEnd &end) {
  if (end.overtaken)
    return exit_overtaken;
  if (end.refused)
    return exit_not_started;
  if (!end.failure.empty())
    return exit_failed;
  return some_left(end) || !end.complete ? exit_returned : exit_done;
}

void summarise(const Totals &totals, const CaptureEnd &end, std::chrono::steady_clock::duration took, Log &log) {
  log.write(status_of(end) == exit_done ? Level::info : Level::warn, "ended",
            {{"messages", totals.messages},
             {"acked", totals.acked},
             {"blocks", totals.blocks_stored},
             {"bytes", totals.bytes_stored},
             {"bytes_before_compression", totals.bytes_written},
             {"redeliveries", totals.redeliveries},
             {"filtered", totals.filtered},
             {"quarantined", totals.quarantined},
             {"lost", totals.lost},
             {"possibly_lost", totals.possibly_lost},
             {"returned", end.returned},
             {"unconfirmed", end.unconfirmed},
             {"dropped", end.dropped},
             {"seconds", std::chrono::nanoseconds(took)}});
}

Summary summary_of(const ConsumerFacts &consumer, const Totals &totals, const CaptureEnd &end,
                   std::chrono::steady_clock::duration took) {
  return {.stream = consumer.stream,
          .consumer = consumer.consumer,
          .took = took,
          .messages = totals.messages,
          .acked = totals.acked,
          .filtered = totals.filtered,
          .quarantined = totals.quarantined,
          .terminated = totals.terminated,
          .redeliveries = totals.redeliveries,
          .lost = totals.lost,
          .possibly_lost = totals.possibly_lost,
          .blocks = totals.blocks_stored,
          .bytes_written = totals.bytes_written,
          .bytes_stored = totals.bytes_stored,
          .store_failures = totals.store_failures,
          .returned = end.returned,
          .unconfirmed = end.unconfirmed,
          .failure = end.failure};
}

HostFacts facts_of(const Settings &settings, const ConsumerFacts &consumer, const std::optional<OrderedStart> &start) {
  const Claim claim = start && start->claim ? *start->claim : Claim();
  return {.version = JETCAPTURE_VERSION,
          .abi = std::to_string(JETCAPTURE_ABI_MAJOR) + "." + std::to_string(JETCAPTURE_ABI_MINOR),
          .stream = consumer.stream,
          .consumer = consumer.consumer,
          .delivery = settings.delivery == DeliveryKind::ordered ? "ordered" : "shared",
          .machine = machine_name(),
          .decoder = settings.decoder.name,
          .writer = settings.writer.name,
          .store = settings.store.name,
          .max_age = settings.max_age,
          .memory_limit = settings.memory_limit,
          .spool_limit = settings.spool_limit,
          .store_timeout = settings.store_timeout,
          .claim_first = claim.messages == 0 ? 0 : start->after + 1,
          .claim_last = claim.messages == 0 ? 0 : claim.last,
          .claims_done = claim.done};
}

// What the run before was at when it ended, where it did not end by itself.
void tell_interrupted(const std::vector<CallRecord::Interrupted> &calls, Log &log) {
  for (const CallRecord::Interrupted &call : calls) {
    const std::string why = call.signal != 0     ? std::string("it crashed, signal ") + std::to_string(call.signal)
                            : call.ended_process ? "it ended the process"
                                                 : "unknown: killed, or stopped while the call did not return";
    log.warn(call.ends > 1
                 ? "earlier runs ended during a call into a plug-in for the same message: it goes to quarantine, and "
                   "the plug-in does not get it again"
                 : "the previous run ended during a call into a plug-in",
             {{"stage", stage_of(call.at.call)},
              {"function", function_of(call.at.call)},
              {"sequence", call.at.sequence},
              {"why", why},
              {"times", call.ends}});
  }
}

// Stages read it when they are made, so another instance of the store is asked before.
void restore_stage_memory(const Settings &settings, const StateFolder &state, const LoadedStages &loaded,
                          const std::atomic<bool> &cancelled, Log &log) {
  const Store store(loaded.store->description, StageKind::store, settings.store.options, "", log, cancelled);
  if (Ledger::can_keep(store))
    restore_memory(store, settings.stream, settings.consumer, state.stage_memory(), log);
}

// What a run has, whichever part of the stream it captures.
struct Run {
  const Settings &settings;
  const Stages &stages;
  BoundStream &stream;
  CallRecord &calls;
  const std::atomic<int> &stop;
  std::atomic<bool> &cancelled;
  ProcessEnd &process_end;
  HttpServer *server;
  Log &log;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  bool is_first = true; // nothing was captured yet
  Totals before = {};   // of the claims that were captured before
};

// The end of the process.
void say_end(const Run &run, const Totals &totals, const CaptureEnd &end) {
  const auto took = std::chrono::steady_clock::now() - run.begin;
  summarise(totals, end, took, run.log);
  if (run.settings.once && run.settings.log_format == LogFormat::text)
    std::cout << summary_table(summary_of(run.stream.consumer, totals, end, took)) << std::flush;
}

// start: with ordered delivery. turns: with --parallel-backlog. nullopt: the next claim may be captured, or another
// host was faster, and what to begin has to be found once more.
std::optional<ExitStatus> capture_one(Run &run, const std::optional<OrderedStart> &start, ClaimTurns *turns) {
  const Settings &settings = run.settings;
  if (run.is_first)
    tell_interrupted(run.calls.keep_in(run.stream.state.path()), run.log);
  const Capture::Control control = {run.stop, run.cancelled};
  std::optional<StreamCapture> one;
  fault_point("before-capture");
  if (start)
    one.emplace(settings, run.stream, *start, run.stages, control, run.log);
  else
    one.emplace(settings, run.stream, run.stages, control, run.log);
  StreamCapture &capture = *one;
  run.process_end.capture_begins(capture.counters(), settings.drain_timeout);
  HostFacts facts = facts_of(settings, run.stream.consumer, start);
  facts.run = capture.run_name();
  if (start)
    facts.begins_at = start->begins_at;
  Operation operation({capture.counters(), capture.delivery(), capture.spool(), capture.journal(), run.calls,
                       [&](const Delivery::Progress &progress) {
                         capture.hear(progress);
                         if (turns != nullptr)
                           turns->listen();
                         if (!settings.no_ledger)
                           capture.look_at_configurations();
                       },
                       run.before},
                      facts, settings, run.stream.acks, run.server, run.log);
  if (run.server != nullptr && run.is_first)
    run.log.info("serving metrics, health and a page", {{"url", "http://" + run.server->address() + "/"}});
  run.is_first = false;
  std::optional<ProgressLine> progress;
  if (settings.log_format == LogFormat::text && can_show_progress(run.log.descriptor()))
    progress.emplace(run.log, settings.stream, [&] { return progress_of(operation.look()); });
  const CaptureEnd end = capture.run();
  progress.reset();

  const Totals totals = run.before.with(capture.counters());
  if (turns != nullptr ? turns->goes_on_after(*start, end) : end.outrun) {
    run.before = totals;
    run.process_end.goes_on();
    run.cancelled = false;
    return std::nullopt;
  }
  const ExitStatus status = status_of(end);
  run.process_end.capture_ended(status);
  say_end(run, totals, end);
  operation.finish({status, end.failure, end.returned, end.unconfirmed});
  // A store may be in the middle of a put that does not end: nothing is waited for any more.
  if (some_left(end) || end.dropped > 0) {
    capture.flush_journal();
    ProcessEnd::now(status);
  }
  return status;
}

// --parallel-backlog: one claim after the other.
ExitStatus capture_claims(Run &run, const std::string &payload, const std::filesystem::path &state) {
  ClaimTurns turns(run.settings, facts_of(run.settings, run.stream.consumer, {}), run.stream, run.stages.store,
                   run.stop, run.server, run.log);
  while (const std::optional<OrderedStart> start = turns.next()) {
    if (run.is_first)
      say_what_it_does(run.settings, run.stream, start, payload, state, run.log);
    run.log.info("capturing a claim", {{"claim", start->claim->host},
                                       {"from_sequence", start->after + 1},
                                       {"to_sequence", start->claim->last},
                                       {"claims_done", start->claim->done}});
    if (const std::optional<ExitStatus> status = capture_one(run, start, &turns))
      return *status;
  }
  run.process_end.capture_ended(exit_done);
  say_end(run, run.before, {});
  return exit_done;
}

} // namespace

ExitStatus run(const Settings &given, const std::atomic<int> &stop, CallRecord &calls, ProcessEnd &process_end,
               Log &log) {
  const auto begin = std::chrono::steady_clock::now();
  Settings settings = given;
  settings.connection = with_context(settings.connection);

  std::optional<AddressInUse> taken;
  const std::unique_ptr<HttpServer> server = listen(settings, taken);

  // Plug-ins first: they need no network, and most mistakes are here.
  const LoadedStages loaded = load_stages(settings, log);
  require_codec(settings.compression, settings.compression_level);
  static_cast<void>(PathTemplate(settings.path_template, settings.stream, settings.consumer, settings.path_null));
  std::atomic<bool> cancelled{false};
  const StateFolder state(settings);
  check_beside(state, settings, taken, log);
  if (state.is_new() && !settings.no_ledger)
    restore_stage_memory(settings, state, loaded, cancelled, log);
  const Stages stages(loaded, loaded.store->description, settings, log, cancelled,
                      {&calls, settings.check, state.stage_memory()});

  BoundStream stream(settings, state, log);
  if (settings.check) {
    check_folder(spool_folder(settings, state), "spool folder", "--spool-dir");
    check_ledger(settings, stages.store, log);
  }
  const bool ordered = settings.delivery == DeliveryKind::ordered;
  if (ordered)
    require_ordered_store(stages.store);
  else if (!settings.no_ledger)
    refuse_beside_ordered(settings, stages.store);
  Run one{.settings = settings,
          .stages = stages,
          .stream = stream,
          .calls = calls,
          .stop = stop,
          .cancelled = cancelled,
          .process_end = process_end,
          .server = server.get(),
          .log = log,
          .begin = begin};
  if (settings.parallel_backlog > 0 && !settings.check)
    return capture_claims(one, loaded.payload, state.path());
  while (true) {
    std::optional<OrderedStart> start;
    if (ordered && settings.check)
      start = look_at_start(settings, stream, stages.store, log);
    else if (ordered)
      start = wait_for_start(settings, facts_of(settings, stream.consumer, {}), stream, stages.store, stop,
                             server.get(), log);
    if (ordered && !start) {
      log.info("ended before the capture was this host's");
      return exit_done;
    }
    say_what_it_does(settings, stream, start, loaded.payload, state.path(), log);
    if (settings.check)
      return exit_done;
    if (const std::optional<ExitStatus> status = capture_one(one, start, nullptr))
      return *status;
  }
}

} // namespace jetcapture::host
