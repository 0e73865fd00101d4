// What goes into one manifest, as it gathers until the manifest is written.
//
// Plain state; one thread at a time uses it.
#pragma once

#include "blocks/block.hpp"
#include "ledger/manifest.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace jetcapture::host {

// A line of a chain.
struct LinePlace {
  std::uint64_t manifest = 0;
  std::uint32_t place = 0; // in it, from 0
  auto operator<=>(const LinePlace &) const = default;
};

struct LedgerBatch {
  std::vector<std::shared_ptr<SealedBlock>> blocks;
  std::vector<std::uint64_t> filtered;
  std::vector<std::uint64_t> terminated;
  std::vector<SequenceRun> absent;
  std::vector<SequenceRun> skipped;
  std::vector<LinePlace> done;
  std::vector<LinePlace> lost;
  std::vector<ManifestConfiguration> configurations;
  std::uint64_t ticket = 0; // of what is filtered, terminated, absent and done
  bool ends = false;        // the run puts nothing behind it

  bool empty() const {
    return blocks.empty() && filtered.empty() && terminated.empty() && absent.empty() && skipped.empty() &&
           done.empty() && lost.empty() && configurations.empty() && !ends;
  }
  // Takes all of it but for the last blocks, which would make the manifest too large, and the end behind them.
  LedgerBatch take();
  // What it tells, with first and last sequence; the rest of the header stays. Sorts what it has.
  void write_into(Manifest &manifest);
};

} // namespace jetcapture::host
