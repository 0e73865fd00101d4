#include "audit/superseded.hpp"

#include "audit/chain_walk.hpp"

#include <algorithm>
#include <string>

namespace jetcapture::host {

std::size_t Superseded::add(const ManifestHeader &header, const BlockLine &line) {
  by_name_.emplace(line.name, pending_.size());
  pending_.push_back({life_of(header), line});
  return pending_.size() - 1;
}

bool Superseded::touches_one(const Life &life, const BlockLine &line) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const Pending &one) {
    return one.life == life && one.line.first_sequence <= line.last_sequence &&
           line.first_sequence <= one.line.last_sequence;
  });
}

void Superseded::judge(const StoreReader &reader, const std::vector<ListedChain> &chains) {
  if (pending_.empty())
    return;
  Findings told_before;
  WalkOptions walking;
  walking.through_indexes = true;
  walking.only_undeclared = true;
  walking.look = [&](const BlockLine &line, std::string &reason) { return look_by_stat(reader, line, reason); };
  for (const ListedChain &chain : chains)
    walk(reader, chain, walking, told_before, [&](const WalkedManifest &walked) {
      const Life life = life_of(walked.manifest);
      for (const BlockLine &line : walked.manifest.lines)
        if (const auto pending = by_name_.find(line.name); pending != by_name_.end())
          pending_[pending->second].line = line;
      for (std::size_t i = 0; i < walked.manifest.lines.size(); i++)
        if (walked.state(i) == LineState::done && touches_one(life, walked.manifest.lines[i]))
          seen_[life].add(walked.manifest.lines[i], chain.folder);
    });
}

bool Superseded::has(std::size_t number) const {
  const auto seen = seen_.find(pending_[number].life);
  // Of one that could not be read once more nothing is known.
  return pending_[number].line.messages() > 0 && seen != seen_.end() && seen->second.has_all(pending_[number].line);
}

} // namespace jetcapture::host
