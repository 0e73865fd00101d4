#include "capture/capture.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// How long the capture waits for a message before it looks at its clocks.
constexpr auto longest_wait = 50ms;
constexpr std::uint32_t messages_between_ticks = 256;
constexpr auto between_ticks = 20ms;
constexpr auto between_progress = 250ms;
constexpr auto quiet = 200ms;
constexpr auto quiet_at_end = 100ms;
constexpr auto between_looks = 500ms;
constexpr std::chrono::milliseconds progress_patience = 5s;
constexpr auto budget_stall = 1s;
constexpr std::size_t keep_alives_a_tick = 2000;
constexpr auto between_budget_checks = 2s;
constexpr auto between_bad_lines = 1s;
constexpr std::uint64_t bad_lines_at_once = 10;
// Above the limit by this much, pulling pauses: compressors and spool do not keep up.
constexpr std::uint64_t memory_slack = 32u << 20;
constexpr std::size_t blocks_a_round = 64;

} // namespace

Capture::Capture(const Settings &settings, Sealer::Identity identity, const Decoder &decoder, const Writer &writer,
                 const Store &store, Spool &spool, Journal &journal, Delivery &delivery, Counters &counters,
                 const std::atomic<int> &stop, std::atomic<bool> &cancelled, Log &log)
    : settings_(settings), delivery_(delivery), counters_(counters), stop_(stop), cancelled_(cancelled), log_(log),
      spool_(spool), journal_(journal), store_(store), meter_(settings.memory_limit),
      uploader_(store, settings.store_threads, {settings.retry_min, settings.retry_max, settings.store_timeout},
                journal, delivery, shared_, counters, meter_, log),
      compressors_(settings.compression, settings.compression_level, settings.compress_threads, meter_),
      sealer_(settings, std::move(identity), writer, meter_, spool, compressors_, counters.store, journal.next_id(),
              [this](std::shared_ptr<SealedBlock> block) { uploader_.give(std::move(block)); }),
      router_(decoder, writer, sealer_, shared_, settings), target_(delivery.last_sequence_at_start()),
      last_message_(Clock::now()), unstored_since_(Clock::now()) {}

CaptureEnd Capture::run() {
  std::string failure;
  try {
    finish_earlier_runs();
    counters_.phase = Phase::capturing;
    pull_until_stopped();
  } catch (const CaptureError &error) {
    failure = error.what();
  } catch (const DeliveryError &error) {
    failure = error.what();
  }
  if (!failure.empty())
    log_.error("the capture can't go on", {{"reason", failure}});
  return drain(std::move(failure));
}

void Capture::finish_earlier_runs() {
  std::uint64_t acked = 0;
  for (const UnfinishedBlock &block : journal_.unfinished()) {
    if (!block.stored && !is_in_store(block)) {
      // Its messages come again, into a block of this run.
      journal_.dropped(block.id);
      continue;
    }
    block.own.for_each([this](std::uint64_t sequence) { hold(sequence); });
    block.shared.for_each([&](std::uint64_t sequence) {
      router_.skip_part(sequence, block.interval_start, block.key);
      earlier_parts_[sequence].push_back(block.id);
    });
    uploader_.acknowledge(block);
    acked++;
  }
  if (acked > 0)
    log_.info("blocks that an earlier run had stored are acked, and not written again", {{"blocks", acked}});
}

bool Capture::is_in_store(const UnfinishedBlock &block) const {
  if (store_.description().stat == nullptr)
    return false;
  while (stop_.load() == 0) {
    counters_.beat();
    jetcapture_object_status status{};
    status.size = sizeof status;
    HostServices::take_failure();
    if (store_.description().stat(store_.self(), {block.name.data(), block.name.size()}, &status) == JETCAPTURE_OK)
      return status.exists != 0 && status.bytes == block.bytes &&
             (status.has_sha256 == 0 || std::equal(block.sha256.begin(), block.sha256.end(), status.sha256));
    log_.warn("the store can't be asked for a block of an earlier run, it is asked again",
              {{"name", block.name}, {"reason", HostServices::take_failure()}});
    std::this_thread::sleep_for(settings_.retry_min);
  }
  throw CaptureError("stopped while the store was asked for blocks of an earlier run");
}

void Capture::hold(std::uint64_t sequence) {
  if (held_.insert(sequence) && sequence <= target_)
    held_of_target_++;
}

void Capture::let_go(std::uint64_t sequence) {
  if (held_.erase(sequence) && sequence <= target_)
    held_of_target_--;
}

void Capture::pull_until_stopped() {
  jetcapture_message message{};
  while (stop_.load(std::memory_order_relaxed) == 0) {
    if (meter_.above_limit() && !relieve_memory()) {
      counters_.paused = true;
      release_confirmed();
      tick();
      std::this_thread::sleep_for(5ms);
      continue;
    }
    if (counters_.paused.load(std::memory_order_relaxed))
      counters_.paused = false;
    idle_ = !delivery_.next(message, longest_wait);
    if (!idle_)
      take(message);
    if (idle_ || ++since_tick_ >= messages_between_ticks) {
      since_tick_ = 0;
      if (std::exchange(came_, false))
        last_message_ = Clock::now();
      release_confirmed();
      tick();
      if (settings_.once && everything_from_start_is_done())
        return;
    }
  }
}

void Capture::take(const jetcapture_message &message) {
  const std::uint64_t sequence = message.stream_sequence;
  came_ = true;
  // What comes again is older than what came before it. Newer: the stream lost its end, and counts up to this sequence once more.
  const bool newest = message.timestamp > newest_timestamp_;
  newest_timestamp_ = std::max(newest_timestamp_, message.timestamp);
  if (!held_.insert(sequence)) {
    if (!newest) {
      tally_.copies++;
      return;
    }
    if (!std::exchange(reused_told_, true))
      log_.error("the stream gave a sequence to a second message: it has lost messages, as after a power failure; both "
                 "are captured",
                 {{"sequence", sequence}});
  } else if (sequence <= target_) {
    held_of_target_++;
  }
  highest_sequence_ = std::max(highest_sequence_, sequence);
  if (journal_.is_stored(sequence, message.timestamp)) {
    // The server has forgotten the ack.
    tally_.copies++;
    to_ack_.append(sequence);
    return;
  }
  tally_.messages++;
  tally_.message_bytes += message.data.size;
  if (sealer_.advance(message.timestamp))
    sealer_.seal_due(wall_clock());
  std::string reason;
  switch (router_.route(message, reason)) {
  case Router::Outcome::written:
    break;
  case Router::Outcome::filtered:
    tally_.filtered++;
    to_ack_.append(sequence);
    break;
  case Router::Outcome::bad:
    tally_.bad++;
    if (settings_.on_decode_error == "stop") {
      let_go(sequence);
      refused_ = sequence;
      throw CaptureError("message " + std::to_string(sequence) + " can't be captured: " + reason +
                         "; --on-decode-error quarantine keeps such messages aside and goes on");
    }
    tell_bad(sequence, reason);
    if (settings_.on_decode_error == "term") {
      tally_.terminated++;
      delivery_.terminate(sequence);
      let_go(sequence);
    } else {
      tally_.quarantined++;
      router_.quarantine(message, reason);
    }
    break;
  }
  keep_ack_budget();
}

void Capture::tell_bad(std::uint64_t sequence, const std::string &reason) {
  // A few lines, then one a second: a stream may hold nothing else.
  const Clock::time_point now = Clock::now();
  if (bad_told_ >= bad_lines_at_once && now < next_bad_line_) {
    bad_untold_++;
    return;
  }
  bad_told_++;
  next_bad_line_ = now + between_bad_lines;
  log_.warn(settings_.on_decode_error == "term" ? "a message is terminated" : "a message goes to quarantine",
            {{"sequence", sequence}, {"reason", reason}, {"others_since_last_line", std::exchange(bad_untold_, 0)}});
}

void Capture::release_confirmed() {
  for (const AckOrder &order : delivery_.take_confirmed()) {
    order.sequences.for_each([this](std::uint64_t sequence) {
      let_go(sequence);
      if (const auto waiting = earlier_parts_.find(sequence); waiting != earlier_parts_.end()) {
        uploader_.confirmed(waiting->second);
        earlier_parts_.erase(waiting);
      }
    });
    uploader_.confirmed(order.blocks);
    counters_.acked += order.sequences.size();
  }
}

void Capture::ack_at_once() {
  if (!to_ack_.empty())
    delivery_.ack({std::exchange(to_ack_, {}), {}});
}

void Capture::tick() {
  const Clock::time_point now = Clock::now();
  if (now < next_tick_)
    return;
  next_tick_ = now + between_ticks;
  uploader_.check();
  ack_at_once();
  sealer_.seal_due(wall_clock());
  keep_alive(now);
  publish();

  // Other hosts use the budget too: when nothing comes though there is more, what is held here may be what blocks it.
  if (delivery_.ack_budget() && now - last_message_ > budget_stall && now > next_budget_check_ &&
      !sealer_.table().empty()) {
    next_budget_check_ = now + between_budget_checks;
    const auto progress = delivery_.progress(progress_patience);
    if (progress && progress->not_delivered > 0 && progress->not_acked >= *delivery_.ack_budget()) {
      log_.info("the ack budget is used up by this host and others: sealing the largest blocks",
                {{"max_ack_pending", *delivery_.ack_budget()}, {"held", held_.size()}});
      sealer_.seal_largest(sealer_.open_messages() / 2 + 1, SealReason::ack_budget);
    }
  }
}

// When storing takes so long that messages could be delivered again, the server is told that they are still being worked on. Blocks are
// sealed before half of ack_wait is over (longest_hold()), so this begins early enough.
void Capture::keep_alive(Clock::time_point now) {
  if (!to_keep_alive_.empty()) {
    SequenceList some;
    for (std::size_t i = 0; i < keep_alives_a_tick && !to_keep_alive_.empty(); i++) {
      if (held_.contains(to_keep_alive_.back()))
        some.append(to_keep_alive_.back());
      to_keep_alive_.pop_back();
    }
    counters_.keep_alives += some.size();
    delivery_.keep_alive(some);
    return;
  }
  if (uploader_.unstored() == 0)
    unstored_since_ = now;
  if (now - unstored_since_ < delivery_.ack_wait() / 4 || now < next_keep_alive_)
    return;
  next_keep_alive_ = now + std::chrono::duration_cast<Clock::duration>(delivery_.ack_wait() / 4);
  held_.for_each([this](std::uint64_t sequence) { to_keep_alive_.push_back(sequence); });
  log_.debug("telling the server that held messages are still being worked on", {{"messages", to_keep_alive_.size()}});
}

void Capture::publish() {
  const auto set = [](auto &published, auto value) { published.store(value, std::memory_order_relaxed); };
  set(counters_.messages, tally_.messages);
  set(counters_.message_bytes, tally_.message_bytes);
  set(counters_.copies, tally_.copies);
  set(counters_.filtered, tally_.filtered);
  set(counters_.bad, tally_.bad);
  set(counters_.quarantined, tally_.quarantined);
  set(counters_.terminated, tally_.terminated);
  set(counters_.rows, router_.payloads());
  set(counters_.held, held_.size());
  set(counters_.open_blocks, sealer_.table().size());
  set(counters_.memory, meter_.used());
  set(counters_.newest_timestamp, newest_timestamp_);
  counters_.beat();
  const Clock::time_point now = Clock::now();
  if (now < next_look_at_blocks_)
    return;
  const BlockTable::Oldest oldest = sealer_.table().oldest();
  set(counters_.oldest_open_timestamp, oldest.timestamp);
  set(counters_.oldest_opened, oldest.opened);
  // A million open blocks take tens of milliseconds: less often then.
  next_look_at_blocks_ = now + std::max<Clock::duration>(between_looks, 1000 * (Clock::now() - now));
}

void Capture::keep_ack_budget() {
  const auto budget = delivery_.ack_budget();
  // Begin early enough that the rest of the budget lasts while blocks are stored; end late enough that files do not get tiny.
  if (!budget || held_.size() < *budget - *budget / 4 || sealer_.open_messages() <= *budget / 4)
    return;
  if (!std::exchange(budget_told_, true))
    log_.warn(
        "max_ack_pending of the consumer is reached before blocks are full: the largest are sealed early; raise it for "
        "larger blocks",
        {{"max_ack_pending", *budget}});
  sealer_.seal_largest(sealer_.open_messages() - *budget / 4, SealReason::ack_budget);
}

// False: pulling has to pause.
bool Capture::relieve_memory() {
  // Some of what is in open buffers, or finished and still in memory, goes to the spool, a few blocks at a time.
  const std::size_t blocks = std::max<std::size_t>(1, sealer_.table().size());
  if (compressors_.waiting() < blocks_a_round) {
    const std::uint64_t worth_it = std::min<std::uint64_t>(4096, meter_.used() / blocks / 2);
    for (Block *block : sealer_.table().next_round(blocks_a_round)) {
      fruitless_++;
      if (std::max<std::uint64_t>(block->output.current_size(), block->body->in_memory()) >= worth_it)
        sealer_.relieve(*block);
    }
  }
  if (meter_.used() <= meter_.limit() + memory_slack)
    return true;
  const std::string spool = spool_.reason();
  if (!std::exchange(memory_told_, true))
    log_.warn("memory is used up: pulling pauses until blocks are stored",
              {{"memory", meter_.used()}, {"limit", meter_.limit()}, {"spool", spool.empty() ? "ok" : spool}});
  // What nobody stores and no spool takes can't become less: end the largest blocks.
  const bool all_at_rest = uploader_.unstored() == 0 && compressors_.waiting() == 0;
  if (const std::uint64_t taken = spool_.taken(); std::exchange(spool_taken_, taken) != taken)
    fruitless_ = 0;
  else if (fruitless_ >= blocks && all_at_rest)
    sealer_.seal_largest(sealer_.open_messages() / 2 + 1, SealReason::memory);
  return false;
}

bool Capture::everything_from_start_is_done() {
  const Clock::time_point now = Clock::now();
  if (now < next_progress_)
    return false;
  const bool still = idle_ && now - last_message_ > quiet;
  if (!still && highest_sequence_ < target_ && target_ != 0)
    return false;
  next_progress_ = now + between_progress;
  const auto progress = delivery_.progress(progress_patience);
  if (!progress || (progress->delivered_sequence < target_ && progress->not_delivered > 0))
    return false;
  if (held_of_target_ > 0) {
    sealer_.seal_all(SealReason::once);
    next_progress_ = now;
    return false;
  }
  if (progress->ack_floor_sequence >= target_ || progress->not_acked <= held_.size())
    return true;
  if (!std::exchange(waiting_told_, true))
    log_.info("waiting for messages that another host holds, or held: they come again after their ack_wait",
              {{"messages", progress->not_acked - held_.size()}, {"ack_wait_seconds", delivery_.ack_wait()}});
  return false;
}

CaptureEnd Capture::drain(std::string failure) {
  const Clock::time_point deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(settings_.drain_timeout);
  counters_.phase = Phase::draining;
  CaptureEnd end;
  const auto complain = [&](const std::string &what) {
    if (failure.empty()) {
      log_.error("draining was cut short", {{"reason", what}});
      failure = what;
    }
  };
  SequenceList back; // what no store has in its hands
  try {
    delivery_.stop_pulling();
    // What is on its way is taken: giving it back would have it delivered again.
    if (failure.empty()) {
      jetcapture_message message{};
      while (stop_.load() < 2 && !meter_.above_limit() && Clock::now() < deadline &&
             delivery_.next(message, quiet_at_end)) {
        take(message);
        publish();
      }
    }
    end.given_back = delivery_.give_back_rest();
    ack_at_once();
    if (!sealer_.table().empty() && stop_.load() < 2)
      sealer_.seal_all(settings_.once && stop_.load() == 0 && failure.empty() ? SealReason::once : SealReason::drain);
    while (!held_.empty() && Clock::now() < deadline && stop_.load() < 2) {
      release_confirmed();
      uploader_.check();
      publish();
      std::this_thread::sleep_for(2ms);
    }
  } catch (const CaptureError &error) {
    complain(error.what());
  } catch (const DeliveryError &error) {
    complain(error.what());
  }
  cancelled_.store(true);
  if (!held_.empty()) {
    const auto collect = [&](const SequenceList &sequences) {
      sequences.for_each([&](std::uint64_t sequence) {
        if (held_.contains(sequence))
          back.append(sequence);
      });
    };
    for (const auto &block : uploader_.abandon()) {
      collect(block->own);
      collect(block->shared);
    }
    for (const Block *block : sealer_.table().all()) {
      collect(block->own);
      collect(block->shared);
    }
  }
  end.unconfirmed = held_.size() - std::min<std::uint64_t>(held_.size(), back.size());
  if (refused_)
    back.append(*refused_);
  if (!back.empty())
    delivery_.give_back(back);
  end.given_back += back.size();
  end.failure = std::move(failure);
  publish();
  counters_.phase = Phase::ended;
  return end;
}

} // namespace jetcapture::host
