#include "audit/finding.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

void add_run(std::vector<SequenceRun> &runs, std::uint64_t sequence) {
  if (!runs.empty() && sequence <= runs.back().last)
    return;
  if (!runs.empty() && sequence - runs.back().last == 1)
    runs.back().last = sequence;
  else
    runs.push_back({sequence, sequence});
}

} // namespace

void Findings::add(AuditFinding finding) {
  verdict_ = std::max(verdict_, finding.verdict);
  if (++counts_[finding.kind] <= kept_of_a_kind)
    kept_.push_back(std::move(finding));
}

std::uint64_t Findings::count(std::string_view kind) const {
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

int exit_status(Verdict verdict) {
  return verdict == Verdict::good ? 0 : verdict == Verdict::wrong ? 1 : 3;
}

std::vector<SequenceRun> runs_of(const std::vector<std::uint64_t> &sequences) {
  std::vector<SequenceRun> runs;
  for (const std::uint64_t sequence : sequences)
    add_run(runs, sequence);
  return runs;
}

std::vector<SequenceRun> runs_of(const BlockLine &line) {
  std::vector<std::uint64_t> all = line.own;
  for (const SharedMessage &message : line.shared)
    all.push_back(message.sequence);
  std::sort(all.begin(), all.end());
  return runs_of(all);
}

std::uint64_t count_of(const std::vector<SequenceRun> &runs) {
  std::uint64_t count = 0;
  for (const SequenceRun &run : runs)
    count += run.last - run.first + 1;
  return count;
}

std::string text_of(const std::vector<SequenceRun> &runs) {
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(runs.size(), shown); i++) {
    text += (i == 0 ? "" : ", ") + std::to_string(runs[i].first);
    if (runs[i].last != runs[i].first)
      text += " to " + std::to_string(runs[i].last);
  }
  if (runs.size() > shown)
    text += " and " + std::to_string(runs.size() - shown) + " more ranges";
  return text;
}

} // namespace jetcapture::host
