#include "capture/capture.hpp"

#include "store/store_calls.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// How long the capture waits for a message before it looks at its clocks.
constexpr auto longest_wait = 50ms;
// The same of a quiet stream, of which nothing is open, stored or acked: what it delays is the first message and the
// end.
constexpr auto longest_idle_wait = 250ms;
constexpr auto busy_after_message = 1s;
constexpr std::uint32_t messages_between_ticks = 256;
constexpr auto between_ticks = 20ms;
constexpr auto pause_for_memory = 5ms;
constexpr auto between_questions = 250ms;
constexpr auto server_timeout = 5s;
constexpr auto quiet = 200ms;
constexpr auto between_looks_at_blocks = 500ms;
constexpr auto between_looks_at_intervals = 1s;
// When the capture has to stop, messages that have arrived are taken for this long; the rest is returned to the stream.
constexpr auto longest_intake_at_end = 1s;
constexpr auto between_looks_at_end = 2ms;
constexpr auto server_timeout_at_end = 1s;
// Of one kind, about single messages.
constexpr std::uint64_t lines_at_once = 10;
constexpr auto lines_interval = 10s;

} // namespace

Capture::Capture(const Settings &settings, CaptureNames names, Stages stages, Surroundings surroundings,
                 Control control)
    : settings_(settings), store_(stages.store), with_(std::move(surroundings)), control_(control), log_(with_.log),
      meter_(settings.memory_limit), ledger_(make_ledger()), committer_(with_.make_committer(ledger_.get())),
      uploader_(stages.store, settings.store_threads, {settings.retry_min, settings.retry_max, settings.store_timeout},
                *committer_, with_.counters, meter_, log_),
      compressors_(
          settings.compression, settings.compression_level, settings.compress_threads, meter_,
          [this](const std::string &reason) {
            log_.warn("fewer chunks are compressed at once than --compress-threads says", {{"reason", reason}});
          }),
      blocks_(settings, std::move(names),
              {.writer = stages.writer,
               .committer = *committer_,
               .meter = meter_,
               .spool = with_.spool,
               .compressors = compressors_,
               .counters = with_.counters,
               .clock = with_.clock},
              committer_->next_block(), [this](std::shared_ptr<SealedBlock> block) { store(std::move(block)); }),
      lost_(with_.delivery.coverage(), log_), bad_lines_(lines_at_once, lines_interval),
      wait_lines_(lines_at_once, lines_interval), paths_([&] {
        std::deque<MessagePath> paths;
        for (const Decoder &decoder : stages.decoders)
          paths.emplace_back(decoder, settings.on_decode_error,
                             MessagePath::Surroundings{.blocks = blocks_,
                                                       .committer = *committer_,
                                                       .waits = with_.counters.waits,
                                                       .bad_lines = bad_lines_,
                                                       .wait_lines = wait_lines_,
                                                       .log = log_});
        return paths;
      }()),
      pressure_({.blocks = blocks_,
                 .committer = *committer_,
                 .compressors = compressors_,
                 .uploader = uploader_,
                 .meter = meter_,
                 .spool = with_.spool,
                 .clock = with_.clock,
                 .log = log_,
                 .ledger = ledger_.get()}),
      intake_(with_.delivery, *committer_, lost_, blocks_, paths_, RetryDelay(settings), with_.clock),
      target_(with_.delivery.last_sequence_at_start()), last_message_(with_.clock.now()) {
  if ((stages.store.description().flags & JETCAPTURE_STORE_TAKES_FILES) != 0)
    with_.spool.offer_files();
}

Capture::~Capture() {
  // It gives blocks to the uploader, which is gone before it.
  if (ledger_ != nullptr)
    ledger_->end();
}

std::unique_ptr<Ledger> Capture::make_ledger() {
  if (with_.ledger == nullptr)
    return nullptr;
  if (!Ledger::can_keep(store_)) {
    log_.warn("the store can't list and read objects: no manifests are written, and the backup can't be verified",
              {{"store", store_.name()}});
    return nullptr;
  }
  return std::make_unique<Ledger>(
      with_.ledger->facts, StoreRetry{settings_.retry_min, settings_.retry_max, settings_.store_timeout},
      with_.ledger->pace,
      Ledger::Surroundings{store_, with_.counters, meter_, log_, [this] { return committer_->flush(); },
                           with_.ledger->last_manifest, with_.ledger->stage_memory},
      [this](std::shared_ptr<SealedBlock> block) { uploader_.give(std::move(block)); });
}

// What the ledger knows of earlier runs.
void Capture::open_ledger() {
  if (ledger_ == nullptr)
    return;
  EarlierRuns::Beginning beginning = with_.ledger->beginning;
  beginning.accepts_missing = settings_.accept_missing_manifests;
  beginning.has = [this](std::uint64_t sequence, std::int64_t timestamp) { return stream_has(sequence, timestamp); };
  beginning.is_stored = [this](const EarlierLine &line) { return is_in_store(unfinished_of(line)); };
  beginning.check = [this] {
    with_.counters.beat();
    if (control_.stop.load() != 0)
      throw CaptureStopped("stopped while the store was asked for the manifests of earlier runs");
  };
  ledger_->configured(with_.ledger->configurations);
  std::vector<EarlierLine> lines = ledger_->open(std::move(beginning));
  if (settings_.delivery == DeliveryKind::ordered)
    with_.counters.starts = ledger_->starts();
  if (!ledger_->decides() && settings_.delivery == DeliveryKind::ordered)
    throw CaptureRefused("the store " + store_.name() +
                         " replaces objects that are to be put only where there is none, so that two hosts could own "
                         "the capture: use a service that has conditional writes, or --delivery shared");
  if (!ledger_->decides()) {
    log_.warn("the store replaces objects that are to be put only where there is none: manifests are written, and the "
              "journal in the state directory decides what was stored",
              {{"store", store_.name()}});
    committer_->declare_lines(lines, [this](const UnfinishedBlock &block) { return is_in_store(block); });
    ledger_->start();
    return;
  }
  for (const EarlierLine &line : lines)
    if (!line.counts)
      ledger_->settle(line, line.done || is_in_store(unfinished_of(line)));
  std::erase_if(lines, [](const EarlierLine &line) { return !line.counts; });
  committer_->follow_ledger(lines);
  ledger_->start();
  blocks_.begin(committer_->next_block(), ledger_->run());
}

// Asks until the server answers: what the stream does not have is captured once more.
bool Capture::stream_has(std::uint64_t sequence, std::int64_t timestamp) {
  while (!with_.delivery.has(sequence, timestamp)) {
    with_.counters.beat();
    if (control_.stop.load() != 0)
      throw CaptureStopped("stopped while the server was asked for messages of earlier runs");
    if (with_.delivery.progress(server_timeout))
      return with_.delivery.has(sequence, timestamp);
    std::this_thread::sleep_for(settings_.retry_min);
  }
  return true;
}

// A sealed block goes to the store, by way of the ledger.
void Capture::store(std::shared_ptr<SealedBlock> block) {
  if (ledger_ != nullptr)
    ledger_->list(std::move(block));
  else
    uploader_.give(std::move(block));
}

CaptureEnd Capture::run() {
  std::string failure;
  bool refused = false;
  try {
    open_ledger();
    const auto progress = with_.delivery.progress(server_timeout);
    committer_->settle_earlier_runs([this](const UnfinishedBlock &block) { return is_in_store(block); },
                                    progress ? progress->delivered_sequence : 0);
    if (ledger_ != nullptr)
      ledger_->hurry(); // other hosts may wait for what it has to declare
    lost_.begin(committer_->earlier());
    if (progress) {
      hear(*progress);
      judge_losses();
    }
    with_.counters.phase = Phase::capturing;
    pull_until_stopped();
  } catch (const Outrun &other) {
    log_.info(other.what());
    with_.counters.phase = Phase::ended;
    return {.outrun = true};
  } catch (const CaptureStopped &stopped) {
    log_.info(stopped.what());
  } catch (const Overtaken &error) {
    failure = error.what();
    overtaken_ = true;
  } catch (const CaptureRefused &error) {
    refused = true;
    failure = error.what();
  } catch (const CaptureError &error) {
    failure = error.what();
  } catch (const DeliveryError &error) {
    failure = error.what();
  } catch (const OutboxError &error) {
    failure = error.what();
  }
  with_.counters.failure.set(failure);
  if (!failure.empty())
    log_.error(refused ? "the capture does not begin" : "the capture can't go on", {{"reason", failure}});
  CaptureEnd end = drain(std::move(failure));
  end.refused = refused;
  return end;
}

// Asks the store for a block of an earlier run, for as long as it takes. Throws CaptureError when told to stop.
bool Capture::is_in_store(const UnfinishedBlock &block) const {
  if (store_.description().stat == nullptr)
    return false;
  while (control_.stop.load() == 0) {
    with_.counters.beat();
    jetcapture_object_status status{};
    const StoreAnswer answer = stat_object(store_, block.name, status);
    // An object appears whole or not at all, so that what put() wrote beside it is enough to know it by.
    if (answer.ok())
      return status.exists != 0 && status.bytes == block.bytes &&
             (status.hash_source == JETCAPTURE_HASH_NONE ||
              std::equal(block.sha256.begin(), block.sha256.end(), status.sha256));
    if (answer.status == JETCAPTURE_FATAL)
      throw CaptureError("the store can't go on: " + answer.reason);
    log_.write(answer.status == JETCAPTURE_CONFIGURATION ? Level::error : Level::warn,
               "the store can't be asked for a block of an earlier run; it is asked again",
               {{"name", block.name}, {"reason", answer.reason}});
    std::this_thread::sleep_for(settings_.retry_min);
  }
  throw CaptureStopped("stopped while the store was asked for blocks of an earlier run");
}

void Capture::configured(const std::vector<ManifestConfiguration> &all) {
  if (ledger_ != nullptr)
    ledger_->configured(all);
}

void Capture::hear(const Delivery::Progress &progress) {
  committer_->hear(progress);
  lost_.hear(progress);
}

void Capture::pull_until_stopped() {
  std::uint32_t since_tick = 0;
  std::chrono::milliseconds wait = longest_wait;
  while (control_.stop.load(std::memory_order_relaxed) == 0) {
    if (!pressure_.relieve_memory()) {
      with_.counters.paused = true;
      tick();
      std::this_thread::sleep_for(pause_for_memory);
      continue;
    }
    if (with_.counters.paused.load(std::memory_order_relaxed))
      with_.counters.paused = false;
    const std::uint32_t came = intake_.take(wait);
    since_tick += came;
    wait = longest_wait;
    if (came > 0 && since_tick < messages_between_ticks)
      continue;
    // The clock is not read for each message.
    if (std::exchange(since_tick, 0) > 0 || intake_.is_full() || with_.counters.waits.any())
      last_message_ = with_.clock.now();
    tick();
    if (committer_->has_reached_end() && everything_to_end_is_done()) {
      complete_ = reached_end_ = true;
      return;
    }
    if (settings_.once && everything_from_start_is_done()) {
      complete_ = true;
      return;
    }
    if (has_nothing_to_do())
      wait = longest_idle_wait;
  }
}

bool Capture::has_nothing_to_do() const {
  return !settings_.once && intake_.is_idle() && blocks_.size() == 0 && uploader_.unstored() == 0 &&
         committer_->in_flight() == 0 && with_.clock.now() - last_message_ > busy_after_message;
}

void Capture::tick() {
  const Clock::time_point now = with_.clock.now();
  if (now < next_tick_)
    return;
  next_tick_ = now + between_ticks;
  uploader_.check();
  if (ledger_ != nullptr)
    ledger_->check();
  const bool storing = uploader_.unstored() > 0 || (ledger_ != nullptr && ledger_->is_busy());
  committer_->tick(storing || with_.counters.waits.any(), intake_.oldest());
  blocks_.seal_due();
  judge_losses();
  pressure_.keep_ack_budget(last_message_);
  tell_intervals(now);
  publish();
}

// Complete: it is over, and nothing of it is open or on its way into the store. Blocks are looked at in the order in
// which they go.
void Capture::tell_intervals(Clock::time_point now) {
  if (with_.notifier == nullptr || now < next_look_at_intervals_)
    return;
  if (std::vector<std::int64_t> untold = with_.notifier->untold_intervals(); !untold.empty()) {
    const std::vector<std::int64_t> ended = blocks_.ended(std::move(untold));
    const std::set<std::int64_t> unstored = with_.counters.store.unstored_intervals();
    for (const std::int64_t interval : ended)
      if (!unstored.contains(interval))
        with_.notifier->interval_ended(interval);
  }
  // As for the oldest block.
  next_look_at_intervals_ =
      now + std::max<Clock::time_point::duration>(between_looks_at_intervals, 1000 * (with_.clock.now() - now));
}

// The next run goes on from what is told.
void Capture::judge_losses(bool at_end) {
  if (!lost_.judge(at_end))
    return;
  if (const auto position = lost_.judged())
    committer_->note_position(*position);
}

void Capture::publish() {
  Counters &counters = with_.counters;
  const auto set = [](auto &published, auto value) { published.store(value, std::memory_order_relaxed); };
  const auto sum = [this](const Count PathFigures::*figure) {
    std::uint64_t total = 0;
    for (const MessagePath &path : paths_)
      total += path.figures().*figure;
    return total;
  };
  set(counters.rows, sum(&PathFigures::rows));
  set(counters.filtered, sum(&PathFigures::filtered));
  set(counters.bad, sum(&PathFigures::bad));
  set(counters.quarantined, sum(&PathFigures::quarantined));
  set(counters.terminated, sum(&PathFigures::terminated));
  const LostMessages::Figures &lost = lost_.figures();
  set(counters.lost, lost.lost);
  set(counters.possibly_lost, lost.possibly);
  set(counters.possibly_lost_first, lost.possibly_first);
  set(counters.possibly_lost_last, lost.possibly_last);
  set(counters.open_blocks, blocks_.size());
  set(counters.memory, meter_.used());
  set(counters.clock_behind, blocks_.clock_behind());
  // A decoder that is stuck has to be seen, on whichever thread.
  const std::uint64_t routed = sum(&PathFigures::routed);
  if (intake_.is_idle() || counters.waits.any() || std::exchange(routed_seen_, routed) != routed)
    counters.beat();
  const Clock::time_point now = with_.clock.now();
  if (now < next_look_at_blocks_)
    return;
  const BlockTable::Oldest oldest = blocks_.oldest();
  set(counters.oldest_open_timestamp, oldest.timestamp);
  set(counters.oldest_opened, oldest.opened);
  // A million open blocks take tens of milliseconds: less often then.
  next_look_at_blocks_ =
      now + std::max<Clock::time_point::duration>(between_looks_at_blocks, 1000 * (with_.clock.now() - now));
}

// --once: nothing that the stream had at the start is unstored, here or at another host.
bool Capture::everything_from_start_is_done() {
  const Clock::time_point now = with_.clock.now();
  if (now < next_question_ || !intake_.is_idle())
    return false;
  if (now - last_message_ < quiet && committer_->highest_sequence() < target_)
    return false;
  next_question_ = now + between_questions;
  const auto progress = with_.delivery.progress(server_timeout);
  if (!progress)
    return false;
  hear(*progress);
  // The floor is below whatever is not acked. Nothing delivered and not acked, and nothing to deliver: there is
  // nothing.
  if (progress->ack_floor_sequence >= target_ || (progress->not_delivered == 0 && progress->not_acked == 0))
    return true;
  if (progress->delivered_sequence < target_ && progress->not_delivered > 0)
    return false;
  if (committer_->in_flight_of_start() > 0) {
    blocks_.seal_all(SealReason::once);
    if (ledger_ != nullptr)
      ledger_->hurry();
    next_question_ = now;
    return false;
  }
  const std::uint64_t elsewhere = progress->elsewhere(committer_->in_flight());
  if (elsewhere > 0 && now - last_message_ > quiet && !std::exchange(waiting_told_, true))
    log_.info("waiting for messages that another host or an earlier run has in flight: they are delivered again after "
              "their ack_wait",
              {{"messages", elsewhere}, {"ack_wait_seconds", with_.delivery.vitals().ack_wait}});
  return false;
}

// The delivery has an end: nothing comes behind it, and blocks end with it.
bool Capture::everything_to_end_is_done() {
  if (!intake_.is_idle())
    return false;
  blocks_.seal_all(SealReason::claim);
  if (ledger_ != nullptr)
    ledger_->hurry();
  return committer_->is_done_to_end();
}

// What the server has sent is taken, as far as there is time: giving it back would have it delivered again.
void Capture::take_what_has_come(Clock::time_point deadline) {
  const Clock::time_point end = std::min(deadline, with_.clock.now() + longest_intake_at_end);
  while (control_.stop.load() < 2 && !meter_.above_limit() && with_.clock.now() < end &&
         (intake_.take(0ms) > 0 || !intake_.is_idle()))
    tick();
}

void Capture::wait_for_stores_and_acks(Clock::time_point deadline) {
  // A block that is told as stored is still in hand: of the last one all may be acked before it is counted and logged.
  const auto is_over = [this] { return uploader_.unstored() == 0 && committer_->is_settled(); };
  while (!is_over() && with_.clock.now() < deadline && control_.stop.load() < 2) {
    next_tick_ = {};
    if (ledger_ != nullptr)
      ledger_->hurry();
    tick();
    std::this_thread::sleep_for(between_looks_at_end);
  }
}

// The run ends in order, so that the next one begins at once.
void Capture::drop_the_rest(Clock::time_point deadline) {
  static_cast<void>(ledger_->abandon()); // what is not listed yet is not listed any more
  ledger_->finish(deadline, true);
}

bool Capture::may_drop() {
  if (settings_.drain != Drain::drop || control_.stop.load() >= 2)
    return false;
  const std::string why_not = committer_->why_not_dropped();
  if (!why_not.empty())
    log_.warn("blocks are stored at this stop, and not dropped", {{"reason", why_not}});
  return why_not.empty();
}

void Capture::store_the_rest(Clock::time_point deadline) {
  if (control_.stop.load() < 2)
    blocks_.seal_all(complete_ ? SealReason::once : SealReason::drain);
  wait_for_stores_and_acks(deadline);
  if (with_.notifier != nullptr && control_.stop.load() < 2) {
    tell_intervals(next_look_at_intervals_);
    with_.notifier->finish(deadline);
    committer_->tick(false, intake_.oldest()); // it takes note of what is told
  }
  if (ledger_ != nullptr && control_.stop.load() < 2)
    ledger_->finish(deadline, committer_->is_settled());
}

CaptureEnd Capture::drain(std::string failure) {
  const Clock::time_point deadline =
      with_.clock.now() + std::chrono::duration_cast<Clock::time_point::duration>(settings_.drain_timeout);
  with_.counters.phase = Phase::draining;
  CaptureEnd end;
  bool drops = false;
  const auto complain = [&](const std::string &what) {
    if (failure.empty()) {
      log_.error("draining was cut short", {{"reason", what}});
      failure = what;
    }
  };
  try {
    with_.delivery.stop_pulling();
    intake_.wait_no_more();
    drops = failure.empty() && !complete_ && may_drop();
    if (failure.empty() && !drops)
      take_what_has_come(deadline);
    if (control_.stop.load() >= 2)
      control_.cancelled.store(true); // a decoder may be at a long work
    intake_.end();
    end.returned = with_.delivery.give_back_rest();
    if (drops)
      drop_the_rest(deadline);
    else
      store_the_rest(deadline);
  } catch (const Overtaken &error) {
    overtaken_ = true;
    complain(error.what());
  } catch (const CaptureError &error) {
    complain(error.what());
  } catch (const DeliveryError &error) {
    complain(error.what());
  }
  control_.cancelled.store(true);
  intake_.end();
  std::vector<SequenceList> unstored;
  if (ledger_ != nullptr)
    unstored = ledger_->abandon();
  for (SequenceList &given : uploader_.abandon())
    unstored.push_back(std::move(given));
  for (SequenceList &open : blocks_.sequences())
    unstored.push_back(std::move(open));
  try {
    if (const auto progress = with_.delivery.progress(server_timeout_at_end))
      hear(*progress);
  } catch (const DeliveryError &) {
    // The consumer is gone: there is nothing to hear.
  }
  judge_losses(true);
  const CaptureCommitter::Rest rest = committer_->give_up(unstored);
  (drops ? end.dropped : end.returned) += rest.returned;
  end.unconfirmed = rest.unconfirmed;
  end.complete = !settings_.once || complete_;
  end.failure = std::move(failure);
  end.overtaken = overtaken_;
  end.reached_end = reached_end_ && end.failure.empty();
  next_look_at_blocks_ = {};
  publish();
  with_.counters.phase = Phase::ended;
  return end;
}

} // namespace jetcapture::host
