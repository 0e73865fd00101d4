// Which chains of manifests a store has, by the names below _manifest/.
#pragma once

#include "audit/finding.hpp"
#include "audit/store_reader.hpp"
#include "ledger/manifest_index.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

struct ChainManifest {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0; // packed; 0: it is in an index, and was not listed
  std::string name_end;    // "-RUN" behind the number, of a store that can't put without replacing; mostly empty
};

// The manifests that were there when it was listed; the chain may go on.
struct ListedChain {
  std::string folder;                   // "_manifest/ORDERS/backup/3f9a/"
  std::vector<ChainManifest> manifests; // ascending
  std::vector<IndexRange> indexes;      // ascending
  std::string name_of(const ChainManifest &manifest) const;
};

// Whose chains: an empty text is any.
struct ChainFilter {
  std::string stream;
  std::string consumer;
};

bool belongs_to(const ListedChain &chain, const ChainFilter &filter);

struct FoundChains {
  std::vector<ListedChain> chains; // by their folders
  StoreAnswer answer;              // where it is not ok: not all of them are there
};

enum class Listed {
  all,       // each manifest and each index
  by_indexes // of a long chain, what is in its indexes is not listed: they are taken as its manifests
};

// findings: objects below _manifest/ that are no manifests.
FoundChains find_chains(const StoreReader &reader, const ChainFilter &filter, Listed listed, Findings &findings,
                        const std::function<void(std::uint64_t manifests)> &progress);

} // namespace jetcapture::host
