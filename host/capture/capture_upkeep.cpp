// What the capture does between messages, some fifty times a second: looks at what is due, keeps messages alive, keeps within the ack
// budget and within memory, and publishes what it has done.
#include "capture/capture.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_ticks = 20ms;
constexpr auto between_looks = 500ms;
constexpr auto budget_stall = 1s;
constexpr std::size_t keep_alives_a_tick = 2000;
constexpr auto between_budget_checks = 2s;
// Above the limit by this much, pulling pauses: compressors and spool do not keep up.
constexpr std::uint64_t memory_slack = 32u << 20;
constexpr std::size_t blocks_a_round = 64;

} // namespace

void Capture::tick() {
  const Clock::time_point now = Clock::now();
  if (now < next_tick_)
    return;
  next_tick_ = now + between_ticks;
  uploader_.check();
  answer_at_once();
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
  std::uint64_t rows = 0;
  for (const Router &router : routers_)
    rows += router.payloads();
  set(counters_.rows, rows);
  set(counters_.held, held_.size());
  set(counters_.open_blocks, sealer_.table().size());
  set(counters_.memory, meter_.used());
  set(counters_.newest_timestamp, newest_timestamp_);
  // A decoder that is stuck has to be seen, on whichever thread.
  if (all_routed() || std::exchange(routed_seen_, pipelines_->routed()) != pipelines_->routed())
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

} // namespace jetcapture::host
