#include "capture/pressure.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto budget_stall = 1s;
constexpr auto between_looks_at_others = 2s;
// Above the limit by this much, pulling pauses: compressors and spool do not keep up.
constexpr std::uint64_t memory_slack = 32u << 20;
constexpr std::size_t chunks_on_their_way = 64;

} // namespace

void Pressure::keep_ack_budget(Clock::time_point last_message) {
  const std::uint64_t open = with_.blocks.messages();
  if (const std::uint64_t excess = with_.committer.over_budget(open); excess > 0) {
    if (!std::exchange(budget_told_, true))
      with_.log.warn("max_ack_pending of the consumer is reached before blocks are full: the largest are sealed early; "
                     "raise it for larger blocks",
                     {{"max_ack_pending", with_.committer.ack_budget().value_or(0)}});
    with_.blocks.seal_largest(excess, SealReason::ack_budget);
    return;
  }
  // Other hosts use the budget too: when nothing comes though there is more, what is in flight here may be what blocks
  // it.
  const Clock::time_point now = with_.clock.now();
  if (open == 0 || now - last_message < budget_stall || now < next_look_at_others_ ||
      !with_.committer.budget_is_used_up())
    return;
  next_look_at_others_ = now + between_looks_at_others;
  with_.log.info(
      "the ack budget is used up by this host and others: the largest blocks are sealed",
      {{"max_ack_pending", with_.committer.ack_budget().value_or(0)}, {"in_flight", with_.committer.in_flight()}});
  with_.blocks.seal_largest(open / 2 + 1, SealReason::ack_budget);
}

bool Pressure::relieve_memory() {
  if (!with_.meter.above_limit())
    return true;
  // Looked at before the next round hands out work: after it there is always some that waits.
  const bool all_at_rest = with_.uploader.unstored() == 0 &&
                           (with_.ledger == nullptr || with_.ledger->unlisted() == 0) &&
                           with_.compressors.waiting() == 0;
  // Some of what is in open buffers, or finished and still in memory, goes to the spool, a few blocks at a time.
  if (with_.compressors.waiting() < chunks_on_their_way)
    fruitless_ += with_.blocks.relieve_some();
  if (with_.meter.used() <= with_.meter.limit() + memory_slack)
    return true;
  const std::string spool = with_.spool.reason();
  if (!std::exchange(memory_told_, true))
    with_.log.warn(
        "memory is used up: pulling pauses until blocks are stored",
        {{"memory", with_.meter.used()}, {"limit", with_.meter.limit()}, {"spool", spool.empty() ? "ok" : spool}});
  // What nobody stores and no spool takes can't become less: end the largest blocks.
  if (const std::uint64_t taken = with_.spool.taken(); std::exchange(spool_taken_, taken) != taken)
    fruitless_ = 0;
  else if (fruitless_ >= std::max<std::size_t>(1, with_.blocks.size()) && all_at_rest)
    with_.blocks.seal_largest(with_.blocks.messages() / 2 + 1, SealReason::memory);
  return false;
}

} // namespace jetcapture::host
