// Which messages of a stream a backup holds for certain, as far as it takes to remove them from the stream: they are in
// blocks that are done, with all their parts, and the hashes of these blocks' objects are checked now.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/ordered_reach.hpp"
#include "audit/store_reader.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The stream's message at the last sequence of a block, beside that of the block: a stream that was recreated, or that
// has lost its end, gives the same sequences to other messages.
enum class SameMessage { same, another, gone };

// The message of a block with that sequence, and when it came at the earliest and at the latest: where it is the last
// one of its block, both are its timestamp.
struct StoredMessage {
  std::uint64_t sequence = 0;
  std::int64_t earliest = 0;
  std::int64_t latest = 0;
};

struct ProofOptions {
  std::string stream;
  std::string consumer;
  std::string stream_created; // of the stream that is there now
  // The sequences that matter. The objects of blocks that have none of them are not looked at.
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::function<SameMessage(const StoredMessage &message)> compare; // on the calling thread
  std::size_t threads = 8;
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t of)> progress = [](auto, auto, auto) {};
};

// A block without its sequences, as far as it is of the stream's current generation.
struct ProvenBlock {
  std::uint64_t first_sequence = 0;
  StoredMessage last = {};
  std::int64_t last_timestamp = 0;
};

// All runs from ProofOptions::first to last alone, merged.
struct Proof {
  std::vector<SequenceRun> stored;
  std::vector<SequenceRun> passed_over; // filtered or terminated: recorded, and in no block
  std::vector<SequenceRun> absent;      // when they were read
  std::vector<ProvenBlock> blocks;      // that are proven
  std::vector<OrderedReach> ordered;    // of the capture, if it has ordered delivery
  // What makes it doubtful what the manifests say, or whether an object is whole. The messages concerned are not
  // proven.
  Findings findings;
};

// Lists the chains of that stream and consumer now, and reads them.
Proof prove(const StoreReader &reader, const ProofOptions &options);

} // namespace jetcapture::host
