#include "notify/untold_blocks.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

void UntoldBlocks::stored(Block block) {
  const MutexLock lock(mutex_);
  undeclared_.push_back(std::move(block));
}

// Before it is published: its confirmation may come at once.
std::string UntoldBlocks::expect_next(std::uint64_t ticket) {
  const MutexLock lock(mutex_);
  if (undeclared_.empty() || undeclared_.front().ticket > ticket)
    return "";
  const Block &block = undeclared_.front();
  number_of_[block.id] = block.number;
  if (untold_.try_emplace(block.number, Untold{.own = true, .of_interval = with_intervals_}).second && with_intervals_)
    intervals_[block.interval_start].uncounted.push_back(block.number);
  return block.id;
}

void UntoldBlocks::declared(std::uint64_t ticket, const std::function<void(const std::string &id)> &tell) {
  for (std::string id = expect_next(ticket); !id.empty(); id = expect_next(ticket)) {
    tell(id);
    const MutexLock lock(mutex_);
    undeclared_.pop_front();
  }
}

bool UntoldBlocks::holds_back(std::int64_t interval_start) const {
  const MutexLock lock(mutex_);
  return !with_intervals_ || std::any_of(undeclared_.begin(), undeclared_.end(),
                                         [&](const Block &block) { return block.interval_start == interval_start; });
}

// It counts what the one before it counts, too, which may never be confirmed.
void UntoldBlocks::interval_made(std::int64_t start, const std::string &id) {
  const MutexLock lock(mutex_);
  Interval &interval = intervals_[start];
  interval.id = id;
  interval.counted.insert(interval.counted.end(), interval.uncounted.begin(), interval.uncounted.end());
  interval.uncounted.clear();
}

void UntoldBlocks::confirmed(const std::string &id) {
  const MutexLock lock(mutex_);
  if (const auto block = number_of_.find(id); block != number_of_.end()) {
    const std::uint64_t number = block->second;
    number_of_.erase(block);
    settle(number, &Untold::own);
    return;
  }
  const auto interval =
      std::find_if(intervals_.begin(), intervals_.end(), [&](const auto &one) { return one.second.id == id; });
  if (interval == intervals_.end())
    return;
  for (const std::uint64_t number : std::exchange(interval->second.counted, {}))
    settle(number, &Untold::of_interval);
  interval->second.id.clear();
  if (interval->second.uncounted.empty())
    intervals_.erase(interval);
}

void UntoldBlocks::settle(std::uint64_t block, bool Untold::*told) {
  const auto untold = untold_.find(block);
  if (untold == untold_.end())
    return;
  untold->second.*told = false;
  if (untold->second.own || untold->second.of_interval)
    return;
  untold_.erase(untold);
  settled_.push_back(block);
}

std::vector<std::uint64_t> UntoldBlocks::take_settled() {
  const MutexLock lock(mutex_);
  return std::exchange(settled_, {});
}

bool UntoldBlocks::all_declared() const {
  const MutexLock lock(mutex_);
  return undeclared_.empty();
}

bool UntoldBlocks::all_told() const {
  const MutexLock lock(mutex_);
  return undeclared_.empty() && number_of_.empty();
}

} // namespace jetcapture::host
