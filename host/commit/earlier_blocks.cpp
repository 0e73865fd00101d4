#include "commit/earlier_blocks.hpp"

#include <algorithm>

namespace jetcapture::host {

void EarlierBlocks::add(const UnfinishedBlock &block, std::uint32_t generation) {
  const MutexLock lock(mutex_);
  Left &left = left_[block.id];
  left.own = !block.own.empty();
  whole_[generation].add(block.own, block.newest);
  const auto note = [&](std::uint64_t sequence) { left.last_sequence = std::max(left.last_sequence, sequence); };
  block.own.for_each(note);
  block.shared.for_each([&](std::uint64_t sequence) {
    note(sequence);
    left.shared.insert(sequence);
  });
  for (const std::uint64_t sequence : left.shared)
    parts_[sequence].emplace(std::pair(block.interval_start, block.key), Part{block.id, block.newest});
  count_ = left_.size();
}

bool EarlierBlocks::has_whole(std::uint64_t sequence, std::int64_t timestamp, std::uint32_t generation) const {
  if (size() == 0)
    return false;
  const MutexLock lock(mutex_);
  const auto found = whole_.find(generation);
  return found != whole_.end() && found->second.contains(sequence, timestamp);
}

bool EarlierBlocks::has_part(std::uint64_t sequence, std::int64_t timestamp, std::int64_t interval_start,
                             std::string_view key) const {
  if (size() == 0)
    return false;
  const MutexLock lock(mutex_);
  const auto parts = parts_.find(sequence);
  if (parts == parts_.end())
    return false;
  const auto [first, end] = parts->second.equal_range(std::pair(interval_start, std::string(key)));
  return std::any_of(first, end, [&](const auto &entry) { return timestamp <= entry.second.newest; });
}

std::vector<std::uint64_t> EarlierBlocks::settled(std::uint64_t block) {
  if (size() == 0)
    return {};
  const MutexLock lock(mutex_);
  const auto found = left_.find(block);
  if (found == left_.end())
    return {};
  found->second.own = false;
  return take_finished({block});
}

std::vector<std::uint64_t> EarlierBlocks::acked(std::uint64_t sequence) {
  if (size() == 0)
    return {};
  const MutexLock lock(mutex_);
  const auto parts = parts_.find(sequence);
  if (parts == parts_.end())
    return {};
  std::vector<std::uint64_t> blocks;
  for (const auto &[place, part] : parts->second) {
    if (const auto found = left_.find(part.block); found != left_.end())
      found->second.shared.erase(sequence);
    blocks.push_back(part.block);
  }
  parts_.erase(parts);
  return take_finished(blocks);
}

std::vector<std::uint64_t> EarlierBlocks::acked_up_to(std::uint64_t sequence) {
  if (size() == 0)
    return {};
  const MutexLock lock(mutex_);
  std::vector<std::uint64_t> blocks;
  for (auto &[block, left] : left_) {
    left.shared.erase(left.shared.begin(), left.shared.upper_bound(sequence));
    if (left.last_sequence <= sequence)
      left.own = false;
    blocks.push_back(block);
  }
  return take_finished(blocks);
}

std::uint32_t EarlierBlocks::oldest_generation() const {
  if (size() == 0)
    return UINT32_MAX;
  const MutexLock lock(mutex_);
  return whole_.empty() ? UINT32_MAX : whole_.begin()->first;
}

std::vector<std::uint64_t> EarlierBlocks::take_finished(const std::vector<std::uint64_t> &blocks) {
  std::vector<std::uint64_t> finished;
  for (const std::uint64_t id : blocks) {
    const auto entry = left_.find(id);
    if (entry == left_.end() || !entry->second.none())
      continue;
    finished.push_back(id);
    left_.erase(entry);
  }
  count_ = left_.size();
  if (left_.empty()) {
    whole_.clear();
    parts_.clear();
  }
  return finished;
}

} // namespace jetcapture::host
