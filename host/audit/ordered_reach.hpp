// How far captures with ordered delivery have come, and what of the stream they were to read, by the manifests of their
// chains.
#pragma once

#include "audit/generations.hpp"
#include "ledger/manifest.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::host {

// What a capture reads of the sequences from first to last.
struct FilteredRange {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
  std::vector<std::string> filters = {}; // none: all messages
};

struct OrderedReach {
  std::string stream;
  std::string capture;
  std::uint64_t begins_behind = 0; // that sequence, and it was not asked for more
  std::uint64_t floor = 0;         // all from there to it is in blocks, or recorded: see floor_of_claims()
  // All sequences, ascending: --from-here goes on with other filters behind the floor of the run before.
  std::vector<FilteredRange> ranges;
  // The newest message that it has read of the current generation: of the line with the latest one; 0: none.
  std::uint64_t newest_sequence = 0;
  std::int64_t newest_timestamp = 0;
};

// One thread.
class OrderedReaches {
public:
  // The manifests of each chain from its last to its first; those of other kinds are left out.
  void take(const Manifest &manifest, const Generations &generations);
  std::vector<OrderedReach> all() const;

private:
  // A chain: of the capture, or of a claim.
  struct Part {
    ManifestHeader last;
    std::uint64_t floor = UINT64_MAX;  // what is behind it was read by runs that were met
    std::vector<FilteredRange> ranges; // by their first sequences: of later runs first
  };
  struct Capture {
    std::uint64_t begins_behind = 0;
    std::map<std::string, Part> parts; // by host
    std::uint64_t newest_sequence = 0;
    std::int64_t newest_timestamp = 0;
  };
  static void note_filters(const ManifestHeader &header, Part &part);

  std::map<std::pair<std::string, std::string>, Capture> captures_; // by stream and name
};

} // namespace jetcapture::host
