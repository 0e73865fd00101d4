// Which messages of the stream are stored and acked: what the server delivers again all the same is known by it.
//
// A server may forget an ack that it had confirmed: nats-server 2.9 does at a restart, for messages that it had delivered twice
// (consumerFileStore.UpdateAcks in server/filestore.go ignores an ack whose first delivery is below the floor of a later one).
//
// Ranges of sequences, each with the newest timestamp in it: a message that is newer than its range is another one, to which the stream
// gave the sequence again after it had lost its end. One thread.
#pragma once

#include "delivery/sequence_list.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace jetcapture::host {

class StoredSequences {
public:
  // most_ranges: beyond it the oldest are forgotten. A range takes some 70 bytes; a host that shares its consumer has many.
  explicit StoredSequences(std::size_t most_ranges = std::size_t{1} << 18) : most_ranges_(most_ranges) {}

  // newest: the newest timestamp among them, nanoseconds since 1970.
  void add(const SequenceList &sequences, std::int64_t newest);
  bool contains(std::uint64_t sequence, std::int64_t timestamp) const;

  // Above it none is contained.
  std::uint64_t highest() const { return ranges_.empty() ? 0 : ranges_.rbegin()->second.last; }
  std::size_t ranges() const { return ranges_.size(); }
  std::size_t encoded_bytes() const { return 24 * ranges_.size(); }

  // For the journal: 24 bytes a range, little-endian.
  std::string encoded() const;
  // Adds what encoded() gave. False: it is something else; nothing is added then.
  bool add_encoded(std::string_view encoded);

private:
  struct Range {
    std::uint64_t last;
    std::int64_t newest;
  };
  void add(std::uint64_t first, std::uint64_t last, std::int64_t newest);

  std::map<std::uint64_t, Range> ranges_; // by the first of each; no two touch
  std::size_t most_ranges_;
};

} // namespace jetcapture::host
