// A store against itself: each block that is done is there as its manifest says, nothing is there that no manifest
// lists, and no message is in two blocks.
//
// The objects are listed first and the manifests read afterwards: what is stored meanwhile is listed by none of the
// former and by all of the latter, so that it is never taken for an object that nobody knows.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/ordered_reach.hpp"
#include "audit/store_reader.hpp"
#include "ledger/last_manifest.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::host {

struct StoreCheckOptions {
  ChainFilter filter;
  bool deep = false;   // read all bytes of each object
  bool strict = false; // what was redelivered across hosts is wrong
  // The last manifest that a host remembers to have put.
  std::optional<KnownManifest> last = {};
  std::size_t threads = 8;
  // what: a constant, "manifests"; of: 0: not known. On the calling thread.
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t of)> progress = [](auto, auto, auto) {};
};

// What the manifests say of the sequences of one stream's life, of one capture, in its current generation.
struct Recorded {
  std::string stream;
  std::string capture;
  std::string stream_created;
  // Ascending, and no two touch: sequences of messages that are in blocks that are done, with all their parts, and of
  // those that were filtered, terminated, or absent when they were read.
  std::vector<SequenceRun> runs = {};
  // The same of those that the consumer delivered to nobody: no manifest can have them.
  std::vector<SequenceRun> skipped = {};
  // All up to that sequence were acked when a manifest was written; 0: not known. Not from a manifest that came while
  // the chains were listed: another one that belongs to it may be missing in the list.
  std::uint64_t ack_floor = 0;
  std::uint64_t begins_at = 0; // the consumer delivers nothing before that one; 0: not known
  bool sees_all = false;       // the consumer was configured to deliver each message, whenever that was recorded
  bool may_skip = false;       // it was not
  // What is in none of the runs, from first to last; and what was not skipped either.
  std::vector<SequenceRun> missing(std::uint64_t first, std::uint64_t last) const;
  std::vector<SequenceRun> unexplained(std::uint64_t first, std::uint64_t last) const;
};

// An object of a block that was given up, with messages that are in no block that is done.
struct OnlyCopy {
  ManifestHeader header; // of the manifest that lists it
  BlockLine line;
  std::vector<SequenceRun> only; // those messages
};

struct StoreCheck {
  std::uint64_t chains = 0;
  std::uint64_t manifests = 0;
  std::uint64_t indexes = 0;
  std::uint64_t objects = 0; // in the store, without manifests
  std::uint64_t done = 0;    // blocks
  std::uint64_t pending = 0;
  std::uint64_t voided = 0;
  std::uint64_t retired = 0;
  std::uint64_t superseded = 0;     // pending, and all their messages are in other blocks
  std::uint64_t proven = 0;         // done, with a hash that was checked
  std::uint64_t bytes = 0;          // of blocks that are done
  std::uint64_t messages = 0;       // in blocks that are done and not retired; one in several blocks counts once
  std::uint64_t lost_by_stream = 0; // those of them that are of generations that have ended
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::vector<Recorded> recorded; // whatever the epoch
  std::vector<OrderedReach> ordered;
  std::vector<std::string>
      spare; // objects of blocks that were given up, whose messages are all in blocks that are done
  std::vector<OnlyCopy> only_copies;
  // Of the newest manifest of a host, by stream and capture.
  std::map<std::pair<std::string, std::string>, ManifestHeader> newest;
  Findings findings;
};

StoreCheck check_store(const StoreReader &reader, const StoreCheckOptions &options);

} // namespace jetcapture::host
