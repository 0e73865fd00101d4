// Sequences, for a stream's whole backup: pages of 65,536, each a list of two bytes a sequence or a bitmap of 8 KiB,
// whichever is smaller. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace jetcapture::host {

class SequenceSet {
public:
  // False: it was in already.
  bool insert(std::uint64_t sequence);
  bool contains(std::uint64_t sequence) const;
  bool empty() const { return pages_.empty(); }
  std::uint64_t size() const { return size_; }

  // Calls visit(sequence) for each from first to last, ascending.
  template <class Visit>
  void for_each(std::uint64_t first, std::uint64_t last, Visit &&visit) const {
    for (auto page = pages_.lower_bound(first >> page_bits); page != pages_.end(); ++page) {
      const std::uint64_t start = page->first << page_bits;
      if (start > last)
        return;
      page->second.for_each([&](std::uint32_t low) {
        if (start + low >= first && start + low <= last)
          visit(start + low);
      });
    }
  }

private:
  static constexpr unsigned page_bits = 16;
  static constexpr std::size_t longest_list = 4096;

  struct Page {
    std::vector<std::uint16_t> list; // ascending; empty once there is a bitmap
    std::vector<std::uint64_t> bitmap;
    bool insert(std::uint16_t low);
    bool contains(std::uint16_t low) const;

    template <class Visit>
    void for_each(Visit &&visit) const {
      for (const std::uint16_t low : list)
        visit(low);
      for (std::uint32_t word = 0; word < bitmap.size(); word++)
        for (std::uint64_t rest = bitmap[word]; rest != 0; rest &= rest - 1)
          visit(word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(rest)));
    }
  };

  std::map<std::uint64_t, Page> pages_;
  std::uint64_t size_ = 0;
};

} // namespace jetcapture::host
