#include "blocks/place_index.hpp"

#include <functional>

namespace jetcapture::host {

namespace {

constexpr std::size_t fewest_slots = 16;
constexpr std::size_t cache_line = 64;

// The message that is on its way needs all of the block at once: its lines come together, and not one after another.
void fetch(const Block &block) {
  const char *const begin = reinterpret_cast<const char *>(&block);
  for (std::size_t at = 0; at < sizeof block; at += cache_line)
    __builtin_prefetch(begin + at, 1);
}

// What a message adds to: the row behind the others, the writer's state, the sequence.
void fetch_ends(Block &block) {
  __builtin_prefetch(block.output.out()->cursor, 1);
  __builtin_prefetch(block.writer_block, 1);
  const std::string &sequences = block.own.encoded();
  __builtin_prefetch(sequences.data() + sequences.size(), 1);
}

bool is_at(const Block &block, std::int64_t interval_start, bool quarantine, std::string_view key) {
  const BlockPlace &place = block.place;
  return place.interval_start == interval_start && place.quarantine == quarantine && place.key == key;
}

} // namespace

std::size_t PlaceIndex::hash_of(std::int64_t interval_start, bool quarantine, std::string_view key) {
  const std::size_t interval = std::hash<std::int64_t>()(interval_start) * 0x9E3779B97F4A7C15u;
  return std::hash<std::string_view>()(key) ^ interval ^ (quarantine ? 1 : 0);
}

Block *PlaceIndex::find(std::int64_t interval_start, bool quarantine, std::string_view key) const {
  if (taken_ == 0)
    return nullptr;
  const std::size_t hash = hash_of(interval_start, quarantine, key);
  for (std::size_t at = home(hash); slots_[at].block != nullptr; at = next(at)) {
    if (slots_[at].hash != hash)
      continue;
    fetch(*slots_[at].block);
    if (!is_at(*slots_[at].block, interval_start, quarantine, key))
      continue;
    fetch_ends(*slots_[at].block);
    return slots_[at].block;
  }
  return nullptr;
}

void PlaceIndex::insert(Block &block) {
  if (2 * (taken_ + 1) > slots_.size())
    resize(slots_.empty() ? fewest_slots : 2 * slots_.size());
  put({hash_of(block.place), &block});
  taken_++;
}

void PlaceIndex::put(Slot entry) {
  std::size_t at = home(entry.hash);
  while (slots_[at].block != nullptr)
    at = next(at);
  slots_[at] = entry;
}

std::size_t PlaceIndex::slot_of(const Block &block) const {
  std::size_t at = home(hash_of(block.place));
  while (slots_[at].block != &block)
    at = next(at);
  return at;
}

void PlaceIndex::replace(Block &block, Block *other) {
  const std::size_t at = slot_of(block);
  if (other != nullptr)
    slots_[at].block = other;
  else
    free(at);
}

// The entries behind it that can stand nearer to their home move up, so that no search ends at a gap too early.
void PlaceIndex::free(std::size_t slot) {
  taken_--;
  std::size_t gap = slot;
  for (std::size_t at = next(gap); slots_[at].block != nullptr; at = next(at)) {
    const std::size_t from_home = (at - home(slots_[at].hash)) & (slots_.size() - 1);
    const std::size_t from_gap = (at - gap) & (slots_.size() - 1);
    if (from_home < from_gap)
      continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
  if (slots_.size() > fewest_slots && 8 * taken_ < slots_.size())
    resize(slots_.size() / 2);
}

void PlaceIndex::resize(std::size_t slots) {
  std::vector<Slot> before(slots);
  before.swap(slots_);
  for (const Slot &entry : before)
    if (entry.block != nullptr)
      put(entry);
}

} // namespace jetcapture::host
