#include "progress/stage_waits.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

bool StageWaits::waits(std::uint64_t sequence, std::string stage, std::string reason) {
  const MutexLock lock(mutex_);
  const auto [entry, is_new] = waits_.try_emplace(sequence);
  Wait &wait = entry->second;
  if (is_new)
    wait.since = Clock::now();
  wait.sequence = sequence;
  wait.stage = std::move(stage);
  wait.reason = std::move(reason);
  count_ = waits_.size();
  return is_new;
}

std::optional<StageWaits::Clock::duration> StageWaits::ends(std::uint64_t sequence) {
  if (!any())
    return std::nullopt;
  const MutexLock lock(mutex_);
  const auto found = waits_.find(sequence);
  if (found == waits_.end())
    return std::nullopt;
  const Clock::duration lasted = Clock::now() - found->second.since;
  waits_.erase(found);
  count_ = waits_.size();
  return lasted;
}

std::optional<StageWaits::Wait> StageWaits::longest() const {
  const MutexLock lock(mutex_);
  const auto found = std::min_element(waits_.begin(), waits_.end(), [](const auto &one, const auto &other) {
    return one.second.since < other.second.since;
  });
  return found == waits_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace jetcapture::host
