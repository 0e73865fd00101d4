// Sets of sequences as lists of runs: ascending, and no two touch, where it says no other.
#pragma once

#include "ledger/manifest.hpp"

#include <cstdint>
#include <vector>

namespace jetcapture::host {

// Puts runs of any order in order, and makes one of those that overlap or touch.
void merge(std::vector<SequenceRun> &runs);

// What is in none of the runs, from first to last.
std::vector<SequenceRun> gaps_in(const std::vector<SequenceRun> &runs, std::uint64_t first, std::uint64_t last);
// The runs less the others.
std::vector<SequenceRun> without(const std::vector<SequenceRun> &runs, const std::vector<SequenceRun> &others);
// The part of the runs that lies from first to last.
std::vector<SequenceRun> between(const std::vector<SequenceRun> &runs, std::uint64_t first, std::uint64_t last);

// Takes sequences in ascending order, and keeps those that are in the runs, which outlive it.
class SequencesWithin {
public:
  explicit SequencesWithin(const std::vector<SequenceRun> &runs) : runs_(runs) {}
  void take(std::uint64_t sequence);
  const std::vector<std::uint64_t> &kept() const { return kept_; }

private:
  const std::vector<SequenceRun> &runs_;
  std::size_t next_ = 0;
  std::vector<std::uint64_t> kept_;
};

} // namespace jetcapture::host
