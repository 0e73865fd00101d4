#include "progress/store_progress.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::size_t most_last = 20;

} // namespace

void StoreProgress::count(const UnderWay &block, int by) {
  const auto change = static_cast<std::uint64_t>(by);
  (block.storing ? now_.storing : now_.waiting) += change;
  now_.retrying += block.failed ? change : 0;
  now_.delayed += block.delayed ? change : 0;
  now_.refused += block.refused ? change : 0;
}

// What waits when an outage begins waits because of it.
void StoreProgress::delay_all() {
  now_.delayed = under_way_.size();
  for (auto &[id, block] : under_way_)
    block.delayed = true;
}

void StoreProgress::sealed(const SealedBlock &block) {
  const MutexLock lock(mutex_);
  now_.sealed_by_reason[static_cast<std::size_t>(block.reason)]++;
  const auto entry = under_way_.emplace(block.id, UnderWay{.first_timestamp = block.first_timestamp,
                                                           .interval_start = block.place.interval_start,
                                                           .opened = block.opened,
                                                           .delayed = outage_});
  first_timestamps_.insert(block.first_timestamp);
  count(entry.first->second, 1);
}

void StoreProgress::begins(std::uint64_t id) {
  const MutexLock lock(mutex_);
  const auto found = under_way_.find(id);
  if (found == under_way_.end())
    return;
  count(found->second, -1);
  found->second.storing = true;
  count(found->second, 1);
}

void StoreProgress::stored(const SealedBlock &block, std::string location, std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket =
      static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
  const std::int64_t time = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  const MutexLock lock(mutex_);
  if (const auto found = under_way_.find(block.id); found != under_way_.end()) {
    count(found->second, -1);
    first_timestamps_.erase(first_timestamps_.find(found->second.first_timestamp));
    under_way_.erase(found);
  }
  outage_ = false;
  now_.failing = false;
  now_.took[bucket]++;
  now_.took_seconds += seconds;
  now_.last.push_front({.name = block.name,
                        .location = std::move(location),
                        .reason = std::string(to_string(block.reason)),
                        .messages = block.messages(),
                        .bytes = block.body->size(),
                        .seconds = seconds,
                        .time = time});
  if (now_.last.size() > most_last)
    now_.last.pop_back();
}

void StoreProgress::failed(std::uint64_t id, Failure why, std::string reason) {
  const MutexLock lock(mutex_);
  if (const auto found = under_way_.find(id); found != under_way_.end()) {
    count(found->second, -1);
    found->second.storing = false;
    found->second.failed = true;
    found->second.refused = why == Failure::refused;
    count(found->second, 1);
  }
  if (!std::exchange(outage_, true))
    delay_all();
  if (why == Failure::journal)
    return;
  now_.failing = true;
  now_.reason = std::move(reason);
}

void StoreProgress::works_again() {
  const MutexLock lock(mutex_);
  now_.failing = false;
}

StoreProgress::Snapshot StoreProgress::snapshot() const {
  const MutexLock lock(mutex_);
  Snapshot snapshot = now_;
  if (!under_way_.empty()) {
    snapshot.oldest_timestamp = *first_timestamps_.begin();
    snapshot.oldest_opened = under_way_.begin()->second.opened;
  }
  if (!snapshot.failing && snapshot.refused == 0)
    snapshot.reason.clear();
  return snapshot;
}

std::set<std::int64_t> StoreProgress::unstored_intervals() const {
  const MutexLock lock(mutex_);
  std::set<std::int64_t> intervals;
  for (const auto &[id, block] : under_way_)
    intervals.insert(block.interval_start);
  return intervals;
}

} // namespace jetcapture::host
