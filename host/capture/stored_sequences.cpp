#include "capture/stored_sequences.hpp"

#include <algorithm>
#include <iterator>

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
  forget_oldest();
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

void StoredSequences::forget_oldest() {
  while (pages_.size() > most_pages_)
    pages_.erase(pages_.begin());
}

bool StoredSequences::contains(std::uint64_t sequence, std::int64_t timestamp) const {
  if (const Range *range = range_of(sequence / page_bits))
    return timestamp <= range->newest;
  const auto page = pages_.find(sequence / page_bits);
  return page != pages_.end() && ((page->second.words[sequence % page_bits / 64] >> (sequence % 64)) & 1) != 0 &&
         timestamp <= page->second.newest;
}

std::string StoredSequences::encoded() const {
  std::string bytes;
  bytes.reserve(encoded_bytes());
  put(bytes, whole_.size());
  for (const auto &[first, range] : whole_) {
    put(bytes, first);
    put(bytes, range.last);
    put(bytes, static_cast<std::uint64_t>(range.newest));
  }
  for (const auto &[number, page] : pages_) {
    put(bytes, number);
    put(bytes, static_cast<std::uint64_t>(page.newest));
    for (const std::uint64_t word : page.words)
      put(bytes, word);
  }
  return bytes;
}

bool StoredSequences::decode(std::string_view encoded) {
  constexpr std::uint64_t last_page = UINT64_MAX / page_bits;
  if (encoded.size() < 8)
    return false;
  const std::uint64_t ranges = take(encoded);
  if (ranges > encoded.size() / encoded_range || (encoded.size() - ranges * encoded_range) % encoded_page != 0)
    return false;
  StoredSequences read(most_pages_);
  for (std::uint64_t i = 0; i < ranges; i++) {
    const std::uint64_t first = take(encoded);
    const std::uint64_t last = take(encoded);
    const auto newest = static_cast<std::int64_t>(take(encoded));
    if (first > last || last > last_page)
      return false;
    read.add_whole(first, last, newest);
  }
  while (!encoded.empty()) {
    const std::uint64_t number = take(encoded);
    Page page;
    page.newest = static_cast<std::int64_t>(take(encoded));
    for (std::uint64_t &word : page.words)
      word = take(encoded);
    if (number > last_page)
      return false;
    if (read.range_of(number) == nullptr)
      read.pages_[number] = page;
  }
  if (!read.whole_.empty())
    read.highest_ = read.whole_.rbegin()->second.last * page_bits + (page_bits - 1);
  if (!read.pages_.empty())
    read.highest_ = std::max(read.highest_, read.pages_.rbegin()->first * page_bits + (page_bits - 1));
  read.forget_oldest();
  *this = std::move(read);
  return true;
}

} // namespace jetcapture::host
