#include "blocks/block_table.hpp"

#include <algorithm>

namespace jetcapture::host {

std::string_view to_string(SealReason reason) {
  switch (reason) {
  case SealReason::interval:
    return "interval";
  case SealReason::age:
    return "age";
  case SealReason::messages:
    return "messages";
  case SealReason::bytes:
    return "bytes";
  case SealReason::writer:
    return "writer";
  case SealReason::ack_budget:
    return "ack_budget";
  case SealReason::memory:
    return "memory";
  case SealReason::once:
    return "once";
  case SealReason::drain:
    return "drain";
  case SealReason::stream_reset:
    return "stream_reset";
  case SealReason::claim:
    return "claim";
  }
  return "unknown";
}

Block *BlockTable::find(std::int64_t interval_start, bool quarantine, std::string_view key) {
  return places_.find(interval_start, quarantine, key);
}

Block &BlockTable::insert(std::unique_ptr<Block> block) {
  Block &inserted = *block;
  by_due_.emplace(std::pair(inserted.due, inserted.id), &inserted);
  by_interval_end_.emplace(std::pair(inserted.interval_end, inserted.id), &inserted);
  by_id_.emplace(inserted.id, std::move(block));
  inserted.aside = places_.find(inserted.place);
  if (inserted.aside != nullptr)
    places_.replace(*inserted.aside, &inserted);
  else
    places_.insert(inserted);
  return inserted;
}

std::unique_ptr<Block> BlockTable::remove(Block &block) {
  by_due_.erase({block.due, block.id});
  by_interval_end_.erase({block.interval_end, block.id});
  Block *const first = places_.find(block.place);
  if (first != &block)
    first->aside = nullptr;
  else
    places_.replace(block, block.aside);
  block.aside = nullptr;
  return std::move(by_id_.extract(block.id).mapped());
}

namespace {

template <class Ordered, class Time>
std::vector<Block *> until(const Ordered &ordered, Time time) {
  std::vector<Block *> blocks;
  for (auto entry = ordered.begin(); entry != ordered.end() && entry->first.first <= time; ++entry)
    blocks.push_back(entry->second);
  return blocks;
}

} // namespace

std::vector<Block *> BlockTable::due(Clock::time_point now) const {
  return until(by_due_, now);
}

std::vector<Block *> BlockTable::of_past_intervals(std::int64_t stream_time) const {
  return until(by_interval_end_, stream_time);
}

std::int64_t BlockTable::first_interval_end() const {
  return by_interval_end_.empty() ? INT64_MAX : by_interval_end_.begin()->first.first;
}

std::vector<Block *> BlockTable::all() const {
  std::vector<Block *> blocks;
  blocks.reserve(by_id_.size());
  for (const auto &[id, block] : by_id_)
    blocks.push_back(block.get());
  return blocks;
}

std::vector<Block *> BlockTable::largest(std::uint64_t messages) const {
  std::vector<Block *> blocks = all();
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const Block *a, const Block *b) { return a->messages() > b->messages(); });
  std::uint64_t sum = 0;
  std::size_t count = 0;
  while (count < blocks.size() && sum < messages)
    sum += blocks[count++]->messages();
  blocks.resize(count);
  return blocks;
}

BlockTable::Oldest BlockTable::oldest() const {
  Oldest oldest;
  for (const auto &[id, block] : by_id_) {
    oldest.timestamp = std::min(oldest.timestamp, block->first_timestamp);
    oldest.opened = std::min(oldest.opened, block->opened);
  }
  return oldest;
}

std::vector<Block *> BlockTable::next_round(std::size_t count) {
  std::vector<Block *> blocks;
  for (auto entry = by_id_.upper_bound(hand_); blocks.size() < std::min(count, by_id_.size()); ++entry) {
    if (entry == by_id_.end())
      entry = by_id_.begin();
    blocks.push_back(entry->second.get());
    hand_ = entry->first;
  }
  return blocks;
}

} // namespace jetcapture::host
