#include "capture/stored_sequences.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace jetcapture::host {

namespace {

constexpr std::size_t encoded_range = 24;

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

void StoredSequences::add(const SequenceList &sequences, std::int64_t newest) {
  // Messages that came again stand behind younger ones.
  std::vector<std::uint64_t> sorted;
  sorted.reserve(sequences.size());
  sequences.for_each([&](std::uint64_t sequence) { sorted.push_back(sequence); });
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] - sorted[end - 1] <= 1)
      end++;
    add(sorted[i], sorted[end - 1], newest);
    i = end;
  }
  while (ranges_.size() > most_ranges_)
    ranges_.erase(ranges_.begin());
}

void StoredSequences::add(std::uint64_t first, std::uint64_t last, std::int64_t newest) {
  auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (first == 0 || before->second.last >= first - 1)
      next = before;
  }
  // From here on all that overlap or touch become one.
  while (next != ranges_.end() && (next->first <= last || next->first - 1 == last)) {
    first = std::min(first, next->first);
    last = std::max(last, next->second.last);
    newest = std::max(newest, next->second.newest);
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, first, Range{last, newest});
}

bool StoredSequences::contains(std::uint64_t sequence, std::int64_t timestamp) const {
  const auto next = ranges_.upper_bound(sequence);
  if (next == ranges_.begin())
    return false;
  const Range &range = std::prev(next)->second;
  return sequence <= range.last && timestamp <= range.newest;
}

std::string StoredSequences::encoded() const {
  std::string bytes;
  bytes.reserve(ranges_.size() * encoded_range);
  for (const auto &[first, range] : ranges_) {
    put(bytes, first);
    put(bytes, range.last);
    put(bytes, static_cast<std::uint64_t>(range.newest));
  }
  return bytes;
}

bool StoredSequences::add_encoded(std::string_view encoded) {
  if (encoded.size() % encoded_range != 0)
    return false;
  for (std::string_view rest = encoded; !rest.empty(); rest.remove_prefix(8)) {
    const std::uint64_t first = take(rest);
    if (first > take(rest))
      return false;
  }
  while (!encoded.empty()) {
    const std::uint64_t first = take(encoded);
    const std::uint64_t last = take(encoded);
    add(first, last, static_cast<std::int64_t>(take(encoded)));
  }
  while (ranges_.size() > most_ranges_)
    ranges_.erase(ranges_.begin());
  return true;
}

} // namespace jetcapture::host
