// A set of stream sequences: membership only.
//
// Pages of 512 bits: a dense run costs less than two bits a sequence, a lone sequence about a hundred bytes. One
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

namespace jetcapture::host {

class SequenceSet {
public:
  // False: it was there already.
  bool insert(std::uint64_t sequence);
  bool contains(std::uint64_t sequence) const;
  // False: it was not there.
  bool erase(std::uint64_t sequence);

  std::uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Calls visit(sequence) for each, in no order.
  template <class Visit>
  void for_each(Visit &&visit) const {
    for (const auto &[number, page] : pages_)
      for (std::uint64_t bit = 0; bit < page_bits; bit++)
        if ((page[bit / 64] >> (bit % 64)) & 1)
          visit(number * page_bits + bit);
  }

private:
  static constexpr std::uint64_t page_bits = 512;
  using Page = std::array<std::uint64_t, page_bits / 64>;

  std::unordered_map<std::uint64_t, Page> pages_;
  std::uint64_t size_ = 0;
};

} // namespace jetcapture::host
