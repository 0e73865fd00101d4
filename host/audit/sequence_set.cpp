#include "audit/sequence_set.hpp"

#include <algorithm>

namespace jetcapture::host {

bool SequenceSet::insert(std::uint64_t sequence) {
  const bool is_new = pages_[sequence >> page_bits].insert(static_cast<std::uint16_t>(sequence));
  size_ += is_new ? 1 : 0;
  return is_new;
}

bool SequenceSet::contains(std::uint64_t sequence) const {
  const auto page = pages_.find(sequence >> page_bits);
  return page != pages_.end() && page->second.contains(static_cast<std::uint16_t>(sequence));
}

bool SequenceSet::Page::insert(std::uint16_t low) {
  if (bitmap.empty()) {
    const auto place = std::lower_bound(list.begin(), list.end(), low);
    if (place != list.end() && *place == low)
      return false;
    if (list.size() < longest_list) {
      list.insert(place, low);
      return true;
    }
    bitmap.resize((std::size_t{1} << page_bits) / 64);
    for (const std::uint16_t one : list)
      bitmap[one / 64] |= std::uint64_t{1} << one % 64;
    list = {};
  }
  std::uint64_t &word = bitmap[low / 64];
  const std::uint64_t bit = std::uint64_t{1} << low % 64;
  const bool is_new = (word & bit) == 0;
  word |= bit;
  return is_new;
}

bool SequenceSet::Page::contains(std::uint16_t low) const {
  if (!bitmap.empty())
    return (bitmap[low / 64] >> low % 64 & 1) != 0;
  return std::binary_search(list.begin(), list.end(), low);
}

} // namespace jetcapture::host
