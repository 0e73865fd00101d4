#include "delivery/sequence_set.hpp"

namespace jetcapture::host {

bool SequenceSet::insert(std::uint64_t sequence) {
  const std::uint64_t bit = sequence % page_bits;
  std::uint64_t &word = pages_[sequence / page_bits][bit / 64];
  const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
  if ((word & mask) != 0)
    return false;
  word |= mask;
  size_++;
  return true;
}

bool SequenceSet::contains(std::uint64_t sequence) const {
  const auto found = pages_.find(sequence / page_bits);
  const std::uint64_t bit = sequence % page_bits;
  return found != pages_.end() && ((found->second[bit / 64] >> (bit % 64)) & 1) != 0;
}

bool SequenceSet::erase(std::uint64_t sequence) {
  const auto found = pages_.find(sequence / page_bits);
  if (found == pages_.end())
    return false;
  const std::uint64_t bit = sequence % page_bits;
  std::uint64_t &word = found->second[bit / 64];
  const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
  if ((word & mask) == 0)
    return false;
  word &= ~mask;
  size_--;
  if (word == 0 && found->second == Page{})
    pages_.erase(found);
  return true;
}

} // namespace jetcapture::host
