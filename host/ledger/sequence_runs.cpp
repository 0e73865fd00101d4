#include "ledger/sequence_runs.hpp"

#include <algorithm>

namespace jetcapture::host {

void merge(std::vector<SequenceRun> &runs) {
  std::sort(runs.begin(), runs.end(), [](const SequenceRun &a, const SequenceRun &b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const SequenceRun &run : runs) {
    SequenceRun *before = kept == 0 ? nullptr : &runs[kept - 1];
    if (before != nullptr && (run.first <= before->last || run.first - before->last == 1))
      before->last = std::max(before->last, run.last);
    else
      runs[kept++] = run;
  }
  runs.resize(kept);
}

std::vector<SequenceRun> gaps_in(const std::vector<SequenceRun> &runs, std::uint64_t first, std::uint64_t last) {
  std::vector<SequenceRun> gaps;
  std::uint64_t next = first; // all from first to before it is looked at
  auto run = std::partition_point(runs.begin(), runs.end(), [&](const SequenceRun &one) { return one.last < first; });
  for (; run != runs.end() && run->first <= last; ++run) {
    if (run->first > next)
      gaps.push_back({next, run->first - 1});
    if (run->last >= last)
      return gaps;
    next = run->last + 1;
  }
  if (next <= last)
    gaps.push_back({next, last});
  return gaps;
}

std::vector<SequenceRun> without(const std::vector<SequenceRun> &runs, const std::vector<SequenceRun> &others) {
  std::vector<SequenceRun> left;
  for (const SequenceRun &run : runs)
    for (const SequenceRun &gap : gaps_in(others, run.first, run.last))
      left.push_back(gap);
  return left;
}

std::vector<SequenceRun> between(const std::vector<SequenceRun> &runs, std::uint64_t first, std::uint64_t last) {
  std::vector<SequenceRun> cut;
  for (const SequenceRun &run : runs)
    if (run.first <= last && run.last >= first)
      cut.push_back({std::max(run.first, first), std::min(run.last, last)});
  return cut;
}

void SequencesWithin::take(std::uint64_t sequence) {
  while (next_ < runs_.size() && runs_[next_].last < sequence)
    next_++;
  if (next_ < runs_.size() && runs_[next_].first <= sequence)
    kept_.push_back(sequence);
}

} // namespace jetcapture::host
