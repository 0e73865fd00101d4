// What reading a backup brought to light, and what an exit status makes of it.
#pragma once

#include "ledger/manifest.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

enum class Verdict {
  good,    // nothing to do; a finding of it is a note
  unknown, // it could not be told whether it is good
  wrong
};

struct AuditFinding {
  Verdict verdict = Verdict::wrong;
  std::string_view kind;              // a constant: "object_missing"
  std::string name;                   // of the object or directory that it is about
  std::string text;                   // what there is to say of it, behind its name: "is not in the store"
  std::vector<SequenceRun> sequences; // the messages concerned, as far as they are known
};

// Any number of findings, of which the first ones of each kind are kept. One thread at a time.
class Findings {
public:
  static constexpr std::size_t kept_of_a_kind = 1000;

  void add(AuditFinding finding);
  // The first ones of each kind, in the order in which they came.
  const std::vector<AuditFinding> &kept() const { return kept_; }
  // Of all, by kind.
  const std::map<std::string_view, std::uint64_t> &counts() const { return counts_; }
  std::uint64_t count(std::string_view kind) const;
  Verdict verdict() const { return verdict_; }

private:
  std::vector<AuditFinding> kept_;
  std::map<std::string_view, std::uint64_t> counts_;
  Verdict verdict_ = Verdict::good;
};

// 0 good, 1 wrong, 3 it could not be told. What is wrong comes before what could not be told.
int exit_status(Verdict verdict);

// Ascending sequences as runs; one that stands there twice counts once.
std::vector<SequenceRun> runs_of(const std::vector<std::uint64_t> &sequences);
// All of its messages.
std::vector<SequenceRun> runs_of(const BlockLine &line);
std::uint64_t count_of(const std::vector<SequenceRun> &runs);
// "17", "1 to 4200, 4300", and "… and 12 more ranges" after the first ones.
std::string text_of(const std::vector<SequenceRun> &runs);

} // namespace jetcapture::host
