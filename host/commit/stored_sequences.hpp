// Which messages of the stream are stored and acked: what the server delivers again all the same is known by it.
//
// A server may forget an ack that it had confirmed: nats-server 2.9 does at a restart, for messages that it had
// delivered twice (consumerFileStore.UpdateAcks in server/filestore.go ignores an ack whose first delivery is below the
// floor of a later one).
//
// Pages of 512 sequences; those that are whole are ranges. Each has the newest timestamp in it: a message that is newer
// is another one, to which the stream gave the sequence again after it had lost its end. One thread.
#pragma once

#include "delivery/sequence_list.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class StoredSequences {
public:
  // most_entries: of so many pages that are not whole, and ranges, the lowest are forgotten beyond it. An entry takes
  // at most some 130 bytes; a host that shares its consumer has one for each 512 messages of the stream.
  explicit StoredSequences(std::size_t most_entries = std::size_t{1} << 17) : most_entries_(most_entries) {}

  // newest: the newest timestamp among them, nanoseconds since 1970.
  void add(const SequenceList &sequences, std::int64_t newest);
  bool contains(std::uint64_t sequence, std::int64_t timestamp) const;
  // Forgets the whole pages that are below it.
  void forget_below(std::uint64_t sequence);

  bool empty() const { return whole_.empty() && pages_.empty(); }
  // None that is contained is above it.
  std::uint64_t highest() const { return highest_; }
  // Timestamp; none that is contained is newer. INT64_MIN: there is none.
  std::int64_t newest() const;

  // For the journal, little-endian: in parts of at most some 64 KiB, each of which merge() takes by itself.
  std::vector<std::string> encoded() const;
  std::size_t encoded_bytes() const { return encoded_range * whole_.size() + encoded_page * pages_.size(); }
  // Adds a part of what encoded() gave. False: it is something else; nothing changes then.
  bool merge(std::string_view part);

private:
  static constexpr std::uint64_t page_bits = 512;
  static constexpr std::size_t encoded_range = 24;
  static constexpr std::size_t encoded_page = 16 + page_bits / 8;
  struct Page {
    std::array<std::uint64_t, page_bits / 64> words{};
    std::int64_t newest = INT64_MIN;
    bool whole() const;
  };
  struct Range {
    std::uint64_t last; // page
    std::int64_t newest;
  };
  const Range *range_of(std::uint64_t page) const;
  void add_whole(std::uint64_t first, std::uint64_t last, std::int64_t newest);
  void keep_within_bound();

  std::map<std::uint64_t, Range> whole_; // by the first page of each; no two touch
  std::map<std::uint64_t, Page> pages_;  // those that are not whole
  std::uint64_t highest_ = 0;
  std::size_t most_entries_;
};

} // namespace jetcapture::host
