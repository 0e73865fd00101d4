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
constexpr auto between_progress = 250ms;
constexpr auto quiet = 200ms;
constexpr auto quiet_at_end = 100ms;
constexpr auto between_bad_lines = 1s;
constexpr std::uint64_t bad_lines_at_once = 10;

} // namespace

Capture::Capture(const Settings &settings, Sealer::Identity identity, const std::deque<Decoder> &decoders,
                 const Writer &writer, const Store &store, Spool &spool, Journal &journal, Delivery &delivery,
                 Counters &counters, const std::atomic<int> &stop, std::atomic<bool> &cancelled, Log &log)
    : settings_(settings), delivery_(delivery), counters_(counters), stop_(stop), cancelled_(cancelled), log_(log),
      spool_(spool), journal_(journal), store_(store), meter_(settings.memory_limit),
      uploader_(store, settings.store_threads, {settings.retry_min, settings.retry_max, settings.store_timeout},
                journal, delivery, shared_, counters, meter_, log),
      compressors_(settings.compression, settings.compression_level, settings.compress_threads, meter_),
      sealer_(settings, std::move(identity), writer, meter_, spool, compressors_, counters, journal.next_id(),
              [this](std::shared_ptr<SealedBlock> block) { uploader_.give(std::move(block)); }),
      target_(delivery.last_sequence_at_start()), last_message_(Clock::now()), unstored_since_(Clock::now()) {
  for (const Decoder &decoder : decoders)
    routers_.emplace_back(decoder, writer, sealer_, shared_, settings, decoders.size() > 1 ? &exclusion_ : nullptr);
  if (decoders.size() > 1)
    pipelines_ = std::make_unique<Pipelines>(
        routers_, [this](Router &router, const jetcapture_message &message) { route(router, message); },
        [this](std::int64_t timestamp) {
          const std::lock_guard alone(exclusion_);
          reach(timestamp);
        });
}

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
      for (Router &router : routers_)
        router.skip_part(sequence, block.interval_start, block.key);
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
    const auto answer = [&] {
      const CallRecord::Call call(store_.calls(), StageCall::store_stat, 0, 0);
      return store_.description().stat(store_.self(), {block.name.data(), block.name.size()}, &status);
    }();
    if (answer == JETCAPTURE_OK)
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

std::unique_lock<std::mutex> Capture::exclusion() {
  return pipelines_ == nullptr ? std::unique_lock<std::mutex>() : std::unique_lock(exclusion_);
}

void Capture::pull_until_stopped() {
  while (stop_.load(std::memory_order_relaxed) == 0) {
    if (meter_.above_limit()) {
      auto alone = exclusion();
      if (!relieve_memory()) {
        counters_.paused = true;
        release_confirmed();
        tick();
        alone = {};
        std::this_thread::sleep_for(5ms);
        continue;
      }
    }
    if (counters_.paused.load(std::memory_order_relaxed))
      counters_.paused = false;
    const std::uint32_t taken = take_some(longest_wait);
    idle_ = taken == 0;
    since_tick_ += taken;
    if (idle_ || since_tick_ >= messages_between_ticks) {
      since_tick_ = 0;
      if (std::exchange(came_, false))
        last_message_ = Clock::now();
      const auto alone = exclusion();
      release_confirmed();
      tick();
      if (settings_.once && everything_from_start_is_done())
        return;
    }
  }
}

// Takes the next message, or with pipelines the next few, waiting for the first: how many.
std::uint32_t Capture::take_some(std::chrono::milliseconds wait) {
  if (pipelines_ == nullptr) {
    jetcapture_message message{};
    if (!delivery_.next(message, wait))
      return 0;
    if (admit(message)) {
      reach(message.timestamp);
      route(routers_.front(), message);
    }
    return 1;
  }
  if (!pipelines_->wait_for_room(wait)) {
    came_ = true; // as far as one can know: the decoders are what is waited for
    return 0;
  }
  auto batch = std::make_unique<MessageBatch>();
  jetcapture_message message{};
  std::uint32_t taken = 0;
  while (!batch->full() && delivery_.next(message, taken == 0 ? wait : 0ms)) {
    batch->add(message);
    taken++;
  }
  {
    const auto alone = exclusion();
    std::erase_if(batch->messages(), [this](const jetcapture_message &copied) { return !admit(copied); });
  }
  if (!batch->messages().empty())
    pipelines_->give(std::move(batch));
  return taken;
}

// Holds a message that has come. False: it is not to be captured, or not once more.
bool Capture::admit(const jetcapture_message &message) {
  const std::uint64_t sequence = message.stream_sequence;
  came_ = true;
  // What comes again is older than what came before it. Newer: the stream lost its end, and counts up to this sequence once more.
  const bool newest = message.timestamp > newest_timestamp_;
  newest_timestamp_ = std::max(newest_timestamp_, message.timestamp);
  if (!held_.insert(sequence)) {
    if (!newest) {
      tally_.copies++;
      return false;
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
    return false;
  }
  tally_.messages++;
  tally_.message_bytes += message.data.size;
  return true;
}

// All that came before a message of that time has gone its way.
void Capture::reach(std::int64_t timestamp) {
  if (sealer_.advance(timestamp))
    sealer_.seal_due(wall_clock());
}

// Takes an admitted message its whole way. By the capture thread or a pipeline.
void Capture::route(Router &router, const jetcapture_message &message) {
  struct Leave {
    Router &router;
    ~Leave() { router.leave(); }
  } const leave{router};
  try {
    std::string reason;
    const Router::Outcome outcome = router.route(message, reason);
    router.enter();
    if (outcome == Router::Outcome::filtered) {
      tally_.filtered++;
      to_ack_.append(message.stream_sequence);
    } else if (outcome == Router::Outcome::bad) {
      settle_bad(router, message, reason);
    }
  } catch (const CaptureError &) {
    router.enter();
    refuse(message.stream_sequence);
    throw;
  }
  keep_ack_budget();
}

void Capture::settle_bad(Router &router, const jetcapture_message &message, const std::string &reason) {
  const std::uint64_t sequence = message.stream_sequence;
  tally_.bad++;
  if (settings_.on_decode_error == "stop")
    throw CaptureError("message " + std::to_string(sequence) + " can't be captured: " + reason +
                       "; --on-decode-error quarantine keeps such messages aside and goes on");
  tell_bad(sequence, reason);
  if (settings_.on_decode_error == "term") {
    tally_.terminated++;
    to_terminate_.append(sequence);
    let_go(sequence);
  } else {
    tally_.quarantined++;
    router.quarantine(message, reason);
  }
}

// The capture ends, and that message is given back.
void Capture::refuse(std::uint64_t sequence) {
  let_go(sequence);
  refused_.append(sequence);
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

// Messages that are in no block.
void Capture::answer_at_once() {
  if (!to_ack_.empty())
    delivery_.ack({std::exchange(to_ack_, {}), {}});
  std::exchange(to_terminate_, {}).for_each([this](std::uint64_t sequence) { delivery_.terminate(sequence); });
}

bool Capture::everything_from_start_is_done() {
  const Clock::time_point now = Clock::now();
  if (now < next_progress_ || !all_routed())
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

// After this there is one thread alone again.
void Capture::end_pipelines() {
  if (pipelines_ == nullptr)
    return;
  pipelines_->end().for_each([this](std::uint64_t sequence) { refuse(sequence); });
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
    while (failure.empty() && stop_.load() < 2 && !meter_.above_limit() && Clock::now() < deadline &&
           (take_some(quiet_at_end) > 0 || !all_routed())) {
      const auto alone = exclusion();
      publish();
    }
    if (stop_.load() >= 2 || Clock::now() >= deadline)
      cancelled_.store(true); // a decoder may be at a long work
    end_pipelines();
    end.given_back = delivery_.give_back_rest();
    answer_at_once();
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
  end_pipelines();
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
  refused_.for_each([&](std::uint64_t sequence) { back.append(sequence); });
  if (!back.empty())
    delivery_.give_back(back);
  end.given_back += back.size();
  end.failure = std::move(failure);
  next_look_at_blocks_ = {};
  publish();
  counters_.phase = Phase::ended;
  return end;
}

} // namespace jetcapture::host
