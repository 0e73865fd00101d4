// The indexes of a chain as they are read: each once, when the first manifest of it is asked for, and kept until all of
// it was taken. What is wrong with one is told once, and its manifests are read by themselves.
//
// [any-thread], but for what says otherwise. The chain and the reader outlive it.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/store_reader.hpp"
#include "ledger/manifest_index.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace jetcapture::host {

class ReadIndexes {
public:
  ReadIndexes(const StoreReader &reader, const ListedChain &chain);

  // The index that has the manifest. Null: none has it, or it can't be read. [may block]
  std::shared_ptr<const ManifestIndex> of(std::uint64_t number);

  // Of the one thread that takes the manifests from the last to the first, for each of them. is_wrong: what an index
  // gave for it is not that manifest.
  void taken(std::uint64_t number, bool is_wrong, Findings &findings);

private:
  struct Slot {
    IndexRange range;
    std::mutex mutex; // of what follows
    bool is_read = false;
    std::shared_ptr<const ManifestIndex> index;
    Verdict verdict = Verdict::good;
    std::string why; // it is not good
    bool is_told = false;
  };
  Slot *slot_of(std::uint64_t number);
  void read(Slot &slot) const;

  const StoreReader &reader_;
  const ListedChain &chain_;
  std::vector<std::unique_ptr<Slot>> slots_; // ascending
};

// Whether each index of the chain has the manifests that the chain has. sha256: of those that could be read, by number.
void check_indexes(const StoreReader &reader, const ListedChain &chain, const std::map<std::uint64_t, Sha256> &sha256,
                   Findings &findings);

} // namespace jetcapture::host
