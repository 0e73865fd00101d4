// Which lines the manifests of the commands' chains list as retired: the backup no longer wants their objects.
//
// A retirement stands in a manifest before the object is removed. So who finds an object missing that he did not know
// as retired reads these chains again: an object that is not listed there then is damage.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/store_reader.hpp"
#include "ledger/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace jetcapture::host {

class Retirements {
public:
  void take(const Manifest &manifest);
  bool has(const ManifestHeader &header, std::size_t line) const;
  bool empty() const { return runs_.empty(); }

private:
  std::map<ChainName, std::map<std::uint64_t, std::vector<LineRun>>> runs_; // by the manifest of the lines
};

bool is_of_commands(const ListedChain &chain);

// Reads those of the chains that are the commands'. What is wrong with them is told by who walks them.
Retirements read_retirements(const StoreReader &reader, const std::vector<ListedChain> &chains);
// Lists the chains once more, and reads them.
Retirements read_retirements(const StoreReader &reader, const ChainFilter &filter);

} // namespace jetcapture::host
