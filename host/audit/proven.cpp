#include "audit/proven.hpp"

#include "audit/chain_walk.hpp"
#include "audit/generations.hpp"
#include "audit/parts_seen.hpp"
#include "audit/retirements.hpp"
#include "ledger/sequence_runs.hpp"

#include <algorithm>
#include <map>

namespace jetcapture::host {

namespace {

class Prover {
public:
  Prover(const StoreReader &reader, const ProofOptions &options) : reader_(reader), options_(options) {}

  Proof run() {
    const FoundChains found =
        find_chains(reader_, {options_.stream, options_.consumer}, Listed::all, proof_.findings,
                    [&](std::uint64_t manifests) { options_.progress("manifests found", manifests, 0); });
    if (!found.answer.ok())
      proof_.findings.add({Verdict::unknown,
                           "not_listed",
                           std::string(manifest_root),
                           "can't be listed, so not all manifests are known: " + found.answer.reason,
                           {}});
    else if (found.chains.empty())
      proof_.findings.add(
          {Verdict::unknown,
           "no_manifests",
           std::string(manifest_root),
           "has no manifests of that stream and consumer: is this its store, with the same --store-opt?",
           {}});
    std::uint64_t of = 0;
    for (const ListedChain &chain : found.chains)
      of += chain.manifests.size();
    retired_ = read_retirements(reader_, found.chains);
    for (const ListedChain &chain : found.chains)
      walk_chain(chain, of);
    settle_missing();
    gather();
    return std::move(proof_);
  }

private:
  bool matters(std::uint64_t first, std::uint64_t last) const {
    return first <= options_.last && last >= options_.first;
  }
  bool matters(const BlockLine &line) const { return matters(line.first_sequence, line.last_sequence); }

  void walk_chain(const ListedChain &chain, std::uint64_t manifests) {
    WalkOptions walking;
    walking.threads = options_.threads;
    walking.retired = &retired_;
    walking.look = [&](const BlockLine &line, std::string &reason) {
      if (!matters(line))
        return ObjectState::unknown;
      const ObjectState object = look_by_stat(reader_, line, reason);
      return object == ObjectState::unproven ? look_by_reading(reader_, line, reason) : object;
    };
    Generations generations;
    walk(reader_, chain, walking, proof_.findings, [&](const WalkedManifest &walked) {
      options_.progress("manifests checked", ++walked_, manifests);
      const std::uint64_t current = std::min(options_.last, generations.current_up_to());
      take_passed_over(walked.manifest, current);
      for (std::size_t i = 0; i < walked.manifest.lines.size(); i++)
        if (matters(walked.manifest.lines[i]))
          take(chain, walked, i, generations);
      reaches_.take(walked.manifest, generations);
      generations.pass(walked.manifest);
    });
  }

  void take_passed_over(const Manifest &manifest, std::uint64_t last) {
    if (manifest.stream_created != options_.stream_created)
      return;
    const auto add = [&](const std::vector<SequenceRun> &runs, std::vector<SequenceRun> &to) {
      const std::vector<SequenceRun> inside = between(runs, options_.first, last);
      to.insert(to.end(), inside.begin(), inside.end());
    };
    add(manifest.filtered, proof_.passed_over);
    add(manifest.terminated, proof_.passed_over);
    add(manifest.absent, proof_.absent);
  }

  void take(const ListedChain &chain, const WalkedManifest &walked, std::size_t place, const Generations &generations) {
    const BlockLine &line = walked.manifest.lines[place];
    if (walked.declared[place] == Declared::voided || walked.declared[place] == Declared::retired)
      return;
    generations.visit(line, [&](Generations::EndedBy ended_by, const BlockLine &part) {
      if (ended_by == Generations::current)
        take(chain, walked, place, last_of(line, part), part);
    });
  }

  // The line tells when its last message came, and of others between which.
  static StoredMessage last_of(const BlockLine &line, const BlockLine &part) {
    if (part.last_sequence == line.last_sequence)
      return {line.last_sequence, line.last_sequence_timestamp, line.last_sequence_timestamp};
    return {part.last_sequence, line.first_timestamp, line.last_timestamp};
  }

  // line: as much of it as counts.
  void take(const ListedChain &chain, const WalkedManifest &walked, std::size_t place, const StoredMessage &last,
            const BlockLine &line) {
    const SameMessage message = options_.compare(last);
    // When a stream was created is told otherwise by a server that restarts after the stream was edited.
    if (message == SameMessage::another ||
        (message == SameMessage::gone && walked.manifest.stream_created != options_.stream_created))
      return;
    switch (walked.objects[place]) {
    case ObjectState::same:
      seen_[walked.manifest.epoch].add(line, chain.folder);
      proof_.blocks.push_back({line.first_sequence, last, line.last_timestamp});
      break;
    case ObjectState::differs:
      add(Verdict::wrong, "object_differs", line, "has other bytes than its manifest says");
      break;
    case ObjectState::missing:
      if (walked.declared[place] == Declared::done)
        missing_.push_back({walked.manifest, place, line});
      break;
    case ObjectState::unproven:
    case ObjectState::unknown:
      add(Verdict::unknown, "object_unknown", line, "can't be looked at: " + walked.reasons[place]);
      break;
    }
  }

  // Those that were retired meanwhile stand in a manifest by now; they prove nothing.
  void settle_missing() {
    if (missing_.empty())
      return;
    const Retirements retired = read_retirements(reader_, {options_.stream, options_.consumer});
    for (const Missing &missing : missing_)
      if (!retired.has(missing.header, missing.place))
        add(Verdict::wrong, "object_missing", missing.line, "is not in the store");
  }

  void gather() {
    for (const auto &one : seen_) {
      const PartsSeen &seen = one.second;
      std::vector<std::uint64_t> whole;
      seen.any().for_each(options_.first, options_.last, [&](std::uint64_t sequence) {
        if (seen.has(sequence))
          whole.push_back(sequence);
      });
      const std::vector<SequenceRun> runs = runs_of(whole);
      proof_.stored.insert(proof_.stored.end(), runs.begin(), runs.end());
    }
    proof_.ordered = reaches_.all();
    merge(proof_.stored);
    merge(proof_.absent);
    merge(proof_.passed_over);
    proof_.passed_over = without(proof_.passed_over, proof_.stored);
  }

  void add(Verdict verdict, std::string_view kind, const BlockLine &line, std::string text) {
    proof_.findings.add({verdict, kind, line.name, std::move(text), runs_of(line)});
  }

  struct Missing {
    ManifestHeader header;
    std::size_t place;
    BlockLine line;
  };
  const StoreReader &reader_;
  const ProofOptions &options_;
  Retirements retired_;
  std::vector<Missing> missing_;
  Proof proof_;
  OrderedReaches reaches_;
  std::uint64_t walked_ = 0;
  std::map<std::uint32_t, PartsSeen> seen_; // by epoch
};

} // namespace

Proof prove(const StoreReader &reader, const ProofOptions &options) {
  return Prover(reader, options).run();
}

} // namespace jetcapture::host
