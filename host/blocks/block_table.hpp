// The open blocks, by place, by age and by the end of their interval. A block that is gone leaves no trace. One thread.
//
// A place has one block, or two: the one that was opened last, and one that it has put aside.
#pragma once

#include "blocks/block.hpp"
#include "blocks/place_index.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::host {

class BlockTable {
public:
  // The one that was opened last. nullptr: there is none.
  Block *find(std::int64_t interval_start, bool quarantine, std::string_view key);
  // The block's due and interval_end stay as they are from here on. One that is there already is put aside; it has none
  // aside itself.
  Block &insert(std::unique_ptr<Block> block);
  // One that it has put aside is again the block of its place.
  std::unique_ptr<Block> remove(Block &block);

  bool empty() const { return by_id_.empty(); }
  std::size_t size() const { return by_id_.size(); }

  // Blocks whose due is not after now.
  std::vector<Block *> due(Clock::time_point now) const;
  // Blocks of intervals that end at or before that time of the stream.
  std::vector<Block *> of_past_intervals(std::int64_t stream_time) const;
  // When the first open interval ends; INT64_MAX: none will.
  std::int64_t first_interval_end() const;
  std::vector<Block *> all() const;
  // The blocks with the most messages, most first, until they have that many together.
  std::vector<Block *> largest(std::uint64_t messages) const;

  struct Oldest {
    std::int64_t timestamp = INT64_MAX;                  // of a message
    Clock::time_point opened = Clock::time_point::max(); // of a block
  };
  // Looks at every block. The greatest values: there is none.
  Oldest oldest() const;

  // Goes round all blocks, count at a time.
  std::vector<Block *> next_round(std::size_t count);

private:
  PlaceIndex places_;
  std::map<std::pair<Clock::time_point, std::uint64_t>, Block *> by_due_; // time, block id
  std::map<std::pair<std::int64_t, std::uint64_t>, Block *> by_interval_end_;
  std::map<std::uint64_t, std::unique_ptr<Block>> by_id_;
  std::uint64_t hand_ = 0; // where next_round() goes on
};

} // namespace jetcapture::host
