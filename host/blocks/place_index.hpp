// Where the block of a place is, for each message: at its hash, in one array. A look-up reads one or two of its cache
// lines and then the block; the nodes and buckets of std::unordered_map cost three misses of all caches where there are
// 100,000 blocks.
//
// Points to blocks that somebody else keeps. One thread.
#pragma once

#include "blocks/block.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class PlaceIndex {
public:
  // nullptr: there is none.
  Block *find(std::int64_t interval_start, bool quarantine, std::string_view key) const;
  Block *find(const BlockPlace &place) const { return find(place.interval_start, place.quarantine, place.key); }
  // There is none of that place.
  void insert(Block &block);
  // The one that is there for its place; other: what stands there from now on, of the same place. nullptr: nothing.
  void replace(Block &block, Block *other);

private:
  struct Slot {
    std::size_t hash = 0;
    Block *block = nullptr; // nullptr: the slot is free
  };

  static std::size_t hash_of(std::int64_t interval_start, bool quarantine, std::string_view key);
  static std::size_t hash_of(const BlockPlace &place) {
    return hash_of(place.interval_start, place.quarantine, place.key);
  }
  std::size_t next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  std::size_t home(std::size_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t slot_of(const Block &block) const;
  void put(Slot entry);
  void free(std::size_t slot);
  void resize(std::size_t slots);

  std::vector<Slot> slots_; // none, or a power of two, of which at most half are taken
  std::size_t taken_ = 0;
};

} // namespace jetcapture::host
