#include "capture/store_progress.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::size_t most_last = 20;

} // namespace

void StoreProgress::sealed(const SealedBlock &block) {
  const std::lock_guard lock(mutex_);
  now_.sealed_by_reason[static_cast<std::size_t>(block.reason)]++;
  under_way_.emplace(block.id, UnderWay{.first_timestamp = block.first_timestamp, .opened = block.opened});
}

void StoreProgress::begins(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = under_way_.find(id); found != under_way_.end())
    found->second.storing = true;
}

void StoreProgress::stored(const SealedBlock &block, std::string location, std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket =
      static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
  const std::int64_t time = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::lock_guard lock(mutex_);
  under_way_.erase(block.id);
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

void StoreProgress::failed(std::uint64_t id, bool refused, std::string reason) {
  const std::lock_guard lock(mutex_);
  if (const auto found = under_way_.find(id); found != under_way_.end()) {
    found->second.storing = false;
    found->second.failed = true;
    found->second.refused = refused;
  }
  now_.failing = true;
  now_.reason = std::move(reason);
}

StoreProgress::Snapshot StoreProgress::snapshot() const {
  const std::lock_guard lock(mutex_);
  Snapshot snapshot = now_;
  for (const auto &[id, block] : under_way_) {
    (block.storing ? snapshot.storing : snapshot.waiting)++;
    snapshot.retrying += block.failed ? 1 : 0;
    snapshot.refused += block.refused ? 1 : 0;
    snapshot.oldest_timestamp = std::min(snapshot.oldest_timestamp, block.first_timestamp);
    snapshot.oldest_opened = std::min(snapshot.oldest_opened, block.opened);
  }
  if (!snapshot.failing && snapshot.refused == 0)
    snapshot.reason.clear();
  return snapshot;
}

} // namespace jetcapture::host
