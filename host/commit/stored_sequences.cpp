#include "commit/stored_sequences.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace jetcapture::host {

namespace {

void put(std::string &bytes, std::uint64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    bytes += static_cast<char>(value >> shift);
}

std::uint64_t take(std::string_view &bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; i++)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
  bytes.remove_prefix(8);
  return value;
}

} // namespace

bool StoredSequences::Page::whole() const {
  return std::all_of(words.begin(), words.end(), [](std::uint64_t word) { return word == UINT64_MAX; });
}

void StoredSequences::add(const SequenceList &sequences, std::int64_t newest) {
  // Neighbours share a page: it is looked for once.
  auto page = pages_.end();
  bool in_whole = false;
  std::uint64_t number = UINT64_MAX;
  const auto leave = [&] {
    if (page != pages_.end() && page->second.whole()) {
      add_whole(number, number, page->second.newest);
      pages_.erase(page);
    }
  };
  sequences.for_each([&](std::uint64_t sequence) {
    highest_ = std::max(highest_, sequence);
    if (number != sequence / page_bits) {
      leave();
      number = sequence / page_bits;
      page = pages_.end();
      in_whole = range_of(number) != nullptr;
      if (in_whole)
        add_whole(number, number, newest);
      else
        page = pages_.try_emplace(number).first;
    }
    if (in_whole)
      return;
    page->second.words[sequence % page_bits / 64] |= std::uint64_t{1} << (sequence % 64);
    page->second.newest = std::max(page->second.newest, newest);
  });
  leave();
  keep_within_bound();
}

const StoredSequences::Range *StoredSequences::range_of(std::uint64_t page) const {
  const auto next = whole_.upper_bound(page);
  if (next == whole_.begin())
    return nullptr;
  const Range &range = std::prev(next)->second;
  return page <= range.last ? &range : nullptr;
}

// Pages are below 2^55, so one more than one of them is a page.
void StoredSequences::add_whole(std::uint64_t first, std::uint64_t last, std::int64_t newest) {
  auto next = whole_.upper_bound(first);
  if (next != whole_.begin() && std::prev(next)->second.last + 1 >= first)
    next = std::prev(next);
  // From here on all that overlap or touch become one.
  while (next != whole_.end() && next->first <= last + 1) {
    first = std::min(first, next->first);
    last = std::max(last, next->second.last);
    newest = std::max(newest, next->second.newest);
    next = whole_.erase(next);
  }
  whole_.emplace_hint(next, first, Range{last, newest});
}

void StoredSequences::forget_below(std::uint64_t sequence) {
  const std::uint64_t page = sequence / page_bits;
  pages_.erase(pages_.begin(), pages_.lower_bound(page));
  while (!whole_.empty() && whole_.begin()->first < page) {
    const Range range = whole_.begin()->second;
    whole_.erase(whole_.begin());
    if (range.last >= page)
      whole_.emplace_hint(whole_.begin(), page, range);
  }
}

void StoredSequences::keep_within_bound() {
  while (pages_.size() + whole_.size() > most_entries_) {
    if (whole_.empty() || (!pages_.empty() && pages_.begin()->first < whole_.begin()->first))
      pages_.erase(pages_.begin());
    else
      whole_.erase(whole_.begin());
  }
}

bool StoredSequences::contains(std::uint64_t sequence, std::int64_t timestamp) const {
  if (const Range *range = range_of(sequence / page_bits))
    return timestamp <= range->newest;
  const auto page = pages_.find(sequence / page_bits);
  return page != pages_.end() && ((page->second.words[sequence % page_bits / 64] >> (sequence % 64)) & 1) != 0 &&
         timestamp <= page->second.newest;
}

std::int64_t StoredSequences::newest() const {
  std::int64_t newest = INT64_MIN;
  for (const auto &[first, range] : whole_)
    newest = std::max(newest, range.newest);
  for (const auto &[number, page] : pages_)
    newest = std::max(newest, page.newest);
  return newest;
}

std::vector<std::string> StoredSequences::encoded() const {
  constexpr std::size_t part_bytes = std::size_t{1} << 16;
  std::vector<std::string> parts;
  // Each part says how many ranges it begins with; pages follow.
  for (auto range = whole_.begin(); range != whole_.end();) {
    const std::size_t count =
        std::min<std::size_t>(part_bytes / encoded_range, static_cast<std::size_t>(std::distance(range, whole_.end())));
    std::string &part = parts.emplace_back();
    put(part, count);
    for (std::size_t i = 0; i < count; i++, ++range) {
      put(part, range->first);
      put(part, range->second.last);
      put(part, static_cast<std::uint64_t>(range->second.newest));
    }
  }
  for (const auto &[number, page] : pages_) {
    if (parts.empty() || parts.back().size() + encoded_page > part_bytes)
      put(parts.emplace_back(), 0);
    std::string &part = parts.back();
    put(part, number);
    put(part, static_cast<std::uint64_t>(page.newest));
    for (const std::uint64_t word : page.words)
      put(part, word);
  }
  return parts;
}

bool StoredSequences::merge(std::string_view part) {
  constexpr std::uint64_t last_page = UINT64_MAX / page_bits;
  if (part.size() < 8)
    return false;
  const std::uint64_t count = take(part);
  if (count > part.size() / encoded_range || (part.size() - count * encoded_range) % encoded_page != 0)
    return false;
  std::vector<std::pair<std::uint64_t, Range>> ranges;
  std::vector<std::pair<std::uint64_t, Page>> pages;
  for (std::uint64_t i = 0; i < count; i++) {
    const std::uint64_t first = take(part);
    const std::uint64_t last = take(part);
    ranges.push_back({first, {last, static_cast<std::int64_t>(take(part))}});
    if (first > last || last > last_page)
      return false;
  }
  while (!part.empty()) {
    auto &[number, page] = pages.emplace_back(take(part), Page());
    page.newest = static_cast<std::int64_t>(take(part));
    for (std::uint64_t &word : page.words)
      word = take(part);
    if (number > last_page)
      return false;
  }
  const auto reaches = [this](std::uint64_t page) {
    highest_ = std::max(highest_, page * page_bits + (page_bits - 1));
  };
  for (const auto &[first, range] : ranges) {
    // Whole from now on.
    pages_.erase(pages_.lower_bound(first), pages_.upper_bound(range.last));
    add_whole(first, range.last, range.newest);
    reaches(range.last);
  }
  for (const auto &[number, read] : pages) {
    reaches(number);
    if (range_of(number) != nullptr) {
      add_whole(number, number, read.newest);
      continue;
    }
    Page &page = pages_[number];
    for (std::size_t i = 0; i < page.words.size(); i++)
      page.words[i] |= read.words[i];
    page.newest = std::max(page.newest, read.newest);
    if (page.whole()) {
      add_whole(number, number, page.newest);
      pages_.erase(number);
    }
  }
  keep_within_bound();
  return true;
}

} // namespace jetcapture::host
