#include "audit/retirements.hpp"

#include "audit/chain_walk.hpp"

#include <algorithm>
#include <string>

namespace jetcapture::host {

void Retirements::take(const Manifest &manifest) {
  for (const RetiredLines &retired : manifest.retired)
    for (const LineRun &run : retired.lines)
      runs_[{manifest.chain.stream, manifest.chain.capture, retired.host}][run.manifest].push_back(run);
}

bool Retirements::has(const ManifestHeader &header, std::size_t line) const {
  const auto chain = runs_.find(header.chain);
  if (chain == runs_.end())
    return false;
  const auto manifest = chain->second.find(header.number);
  return manifest != chain->second.end() &&
         std::any_of(manifest->second.begin(), manifest->second.end(),
                     [&](const LineRun &run) { return run.first <= line && line <= run.last; });
}

bool is_of_commands(const ListedChain &chain) {
  return chain.folder.ends_with("/" + std::string(commands_chain) + "/");
}

Retirements read_retirements(const StoreReader &reader, const std::vector<ListedChain> &chains) {
  Retirements retirements;
  Findings told_elsewhere;
  for (const ListedChain &chain : chains)
    if (is_of_commands(chain))
      walk(reader, chain, {}, told_elsewhere, [&](const WalkedManifest &walked) { retirements.take(walked.manifest); });
  return retirements;
}

Retirements read_retirements(const StoreReader &reader, const ChainFilter &filter) {
  Findings told_elsewhere;
  return read_retirements(reader, find_chains(reader, filter, Listed::all, told_elsewhere, [](auto) {}).chains);
}

} // namespace jetcapture::host
