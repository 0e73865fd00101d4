// Which messages are stored and acked, by sequence and timestamp, over the generations of a stream (see Era).
//
// A generation has the messages that are newer than all that was known when it began, so a timestamp tells the
// generation. The first ones go once nothing is left of them; what is older than those that are kept then belongs to
// the first of these. One thread.
#pragma once

#include "commit/stored_sequences.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class StoredMessages {
public:
  // Its number: it keeps it until renumber().
  std::uint32_t generation_of(std::int64_t timestamp) const {
    return first_ + static_cast<std::uint32_t>(place_of(timestamp));
  }
  // What is newer than that time is of a generation of its own from now on.
  void begin_generation(std::int64_t after) {
    const auto place = std::upper_bound(begins_.begin(), begins_.end(), after);
    generations_.insert(generations_.begin() + (place - begins_.begin()) + 1, StoredSequences());
    begins_.insert(place, after);
  }

  // newest: the newest timestamp among them, nanoseconds since 1970. They are of one generation.
  void add(const SequenceList &sequences, std::int64_t newest) {
    generations_[place_of(newest)].add(sequences, newest);
  }
  bool contains(std::uint64_t sequence, std::int64_t timestamp) const {
    return generations_[place_of(timestamp)].contains(sequence, timestamp);
  }
  void forget_below(std::uint64_t sequence) {
    for (StoredSequences &generation : generations_)
      generation.forget_below(sequence);
  }
  // The first generations go as far as nothing is left of them, and their numbers are below that one.
  void forget_empty_before(std::uint32_t generation) {
    std::ptrdiff_t count = 0;
    while (count < std::ssize(begins_) && first_ + count < generation &&
           generations_[static_cast<std::size_t>(count)].empty())
      count++;
    generations_.erase(generations_.begin(), generations_.begin() + count);
    begins_.erase(begins_.begin(), begins_.begin() + count);
    first_ += static_cast<std::uint32_t>(count);
  }
  // The first generation is number 0 from now on. While nobody knows a number.
  void renumber() { first_ = 0; }

  bool empty() const {
    for (const StoredSequences &generation : generations_)
      if (!generation.empty())
        return false;
    return true;
  }
  // None that is contained is above it.
  std::uint64_t highest() const {
    std::uint64_t highest = 0;
    for (const StoredSequences &generation : generations_)
      highest = std::max(highest, generation.highest());
    return highest;
  }
  // Timestamp of a message that was added; INT64_MIN: there was none.
  std::int64_t newest() const {
    std::int64_t newest = INT64_MIN;
    for (const StoredSequences &generation : generations_)
      newest = std::max(newest, generation.newest());
    return newest;
  }

  // For the journal: each generation but the first has begun after such a time.
  const std::vector<StoredSequences> &generations() const { return generations_; }
  const std::vector<std::int64_t> &begins() const { return begins_; }
  std::size_t encoded_bytes() const {
    std::size_t bytes = 0;
    for (const StoredSequences &generation : generations_)
      bytes += generation.encoded_bytes();
    return bytes;
  }
  // Adds to the generation that began last; see StoredSequences::merge().
  bool merge(std::string_view part) { return generations_.back().merge(part); }

private:
  std::size_t place_of(std::int64_t timestamp) const {
    return static_cast<std::size_t>(std::lower_bound(begins_.begin(), begins_.end(), timestamp) - begins_.begin());
  }

  std::uint32_t first_ = 0; // number of the first generation that is kept
  std::vector<std::int64_t> begins_;
  std::vector<StoredSequences> generations_{1};
};

} // namespace jetcapture::host
