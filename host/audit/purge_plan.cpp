#include "audit/purge_plan.hpp"

#include "ledger/sequence_runs.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

class Planner {
public:
  Planner(const PurgeQuestion &question, Proof &proof) : question_(question), proof_(proof) {}

  PurgePlan plan() {
    plan_.first = question_.first;
    plan_.last = question_.last();
    plan_.bounds = question_.bounds;
    keep();
    stop_at_unproven();
    std::stable_sort(plan_.bounds.begin(), plan_.bounds.end(),
                     [](const PurgeBound &a, const PurgeBound &b) { return a.last < b.last; });
    spare_passed_over();
    spare_others();
    if (proof_.findings.verdict() != Verdict::good && plan_.refused.empty() && doubtful_)
      plan_.refused = "nothing is removed while something in the backup is wrong or could not be told";
    count();
    return std::move(plan_);
  }

private:
  void bound(std::uint64_t last, std::string why) {
    plan_.last = std::min(plan_.last, last);
    plan_.bounds.push_back({last, std::move(why)});
  }

  // By whole blocks: their manifests tell no times of single messages.
  void keep() {
    if (!question_.keep_from)
      return;
    std::uint64_t first = UINT64_MAX;
    for (const ProvenBlock &block : proof_.blocks)
      if (block.last_timestamp >= *question_.keep_from)
        first = std::min(first, block.first_sequence);
    if (first != UINT64_MAX)
      bound(first - 1, "the block that begins with " + std::to_string(first) + " has messages that --keep keeps");
  }

  void stop_at_unproven() {
    doubtful_ = proof_.findings.verdict() != Verdict::good;
    std::vector<SequenceRun> recorded = proof_.stored;
    for (const auto *runs : {&proof_.passed_over, &proof_.absent})
      recorded.insert(recorded.end(), runs->begin(), runs->end());
    merge(recorded);
    const std::vector<SequenceRun> unproven = gaps_in(recorded, plan_.first, plan_.last);
    if (unproven.empty())
      return;
    others_ = unproven;
    // Through a filter nothing tells a message that it leaves out from one that is gone: neither would be removed.
    const std::vector<std::uint64_t> there = present_of(question_.filters, unproven);
    if (!question_.filters.empty() && there.empty())
      return;
    const std::uint64_t first = question_.filters.empty() ? unproven.front().first : there.front();
    bound(first - 1, "sequence " + std::to_string(first) + " is in no block that is proven, and no manifest says why");
    if (doubtful_)
      return;
    if (!there.empty() && there.front() < question_.begins_at)
      proof_.findings.add({Verdict::wrong, "before_capture", question_.stream,
                           "has messages from before sequence " + std::to_string(question_.begins_at) +
                               ", where this capture began: it never had them; remove them first by another tool, or "
                               "capture them under another --consumer name",
                           runs_of(there)});
    else if (!there.empty())
      proof_.findings.add(
          {Verdict::wrong, "missing", question_.stream, "has messages that no manifest records", runs_of(there)});
    else
      proof_.findings.add({Verdict::unknown, "gap", question_.stream,
                           "has no messages there, and no manifest says since when", unproven});
  }

  // Those that any of the filters lets through; no filter: all.
  std::vector<std::uint64_t> present_of(const std::vector<std::string> &filters,
                                        const std::vector<SequenceRun> &within) const {
    if (filters.empty())
      return question_.present("", within);
    std::vector<std::uint64_t> all;
    for (const std::string &filter : filters) {
      const std::vector<std::uint64_t> some = question_.present(filter, within);
      all.insert(all.end(), some.begin(), some.end());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  // Messages that are in no block and that the stream still has.
  void spare_passed_over() {
    const std::vector<SequenceRun> passed_over = between(proof_.passed_over, plan_.first, plan_.last);
    if (passed_over.empty())
      return;
    std::vector<std::uint64_t> there;
    if (question_.filters.empty())
      there = question_.present("", passed_over);
    for (const std::string &filter : question_.filters) {
      const std::vector<std::uint64_t> of_filter = question_.present(filter, passed_over);
      (of_filter.empty() ? plan_.filters : plan_.kept_filters).push_back(filter);
      there.insert(there.end(), of_filter.begin(), of_filter.end());
    }
    const bool by_subject = !plan_.kept_filters.empty();
    if (there.empty() || (by_subject && !plan_.filters.empty() && question_.can_by_subject)) {
      if (!by_subject)
        plan_.filters.clear();
      return;
    }
    refuse("the stream has messages that were filtered out by the decoder or terminated, and that are in no block",
           *std::min_element(there.begin(), there.end()), "a purge would lose them");
  }

  // What the consumer's filters leave out stays.
  void spare_others() {
    const std::vector<SequenceRun> others = between(others_, plan_.first, plan_.last);
    if (others.empty() || !plan_.refused.empty())
      return;
    if (!question_.can_by_subject)
      refuse("the stream has messages, or may have, that the consumer's filter leaves out", others.front().first,
             "only a purge by subject leaves them, and a server before 2.10 moves consumers behind all messages then");
    else if (plan_.filters.empty())
      plan_.filters = question_.filters;
  }

  void refuse(const std::string &what, std::uint64_t first, const std::string &why) {
    plan_.refused = what + ", the first one at " + std::to_string(first) + ": " + why;
    if (first > plan_.first)
      plan_.refused += "; --up-to " + std::to_string(first - 1) + " removes what is before it";
  }

  void count() {
    if (plan_.last < plan_.first)
      return;
    plan_.messages = count_of(between(proof_.stored, plan_.first, plan_.last));
    for (const ProvenBlock &block : proof_.blocks) {
      if (block.first_sequence > plan_.last)
        continue;
      plan_.blocks++;
      if (block.last.sequence <= plan_.last && block.last.sequence > plan_.newest.sequence)
        plan_.newest = block.last;
    }
  }

  const PurgeQuestion &question_;
  Proof &proof_;
  PurgePlan plan_;
  std::vector<SequenceRun> others_; // recorded nowhere, and not the consumer's where it has filters
  bool doubtful_ = false;           // before what the plan itself found
};

} // namespace

std::uint64_t PurgeQuestion::last() const {
  std::uint64_t lowest = UINT64_MAX;
  for (const PurgeBound &bound : bounds)
    lowest = std::min(lowest, bound.last);
  return bounds.empty() ? 0 : lowest;
}

PurgePlan plan_purge(const PurgeQuestion &question, Proof &proof) {
  return Planner(question, proof).plan();
}

} // namespace jetcapture::host
