// The manifests of a chain, read from the last to the first, several ahead; what is wrong with one, or with the chain,
// is a finding, and the walk goes on.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/line_states.hpp"
#include "audit/retirements.hpp"
#include "audit/store_reader.hpp"
#include "ledger/manifest.hpp"

#include <functional>
#include <string>
#include <vector>

namespace jetcapture::host {

constexpr std::uint64_t most_manifest_bytes = 256u << 20; // packed; what is larger is none

struct WalkedManifest {
  std::string name;
  Sha256 sha256{};
  Manifest manifest;
  std::vector<std::uint64_t> messages; // of each line
  std::vector<Declared> declared;      // of each line
  std::vector<ObjectState> objects;    // of each line; unknown where they were not looked at
  std::vector<std::string> reasons;    // of each line whose object could not be looked at: why; else empty
  LineState state(std::size_t line) const { return state_of(declared[line], objects[line]); }
};

struct WalkOptions {
  // Looks at the object of a line, on any thread; reason: why it could not be told.
  using Look = std::function<ObjectState(const BlockLine &line, std::string &reason)>;
  Look look = {};
  bool through_indexes = false;         // read what the chain's indexes have from there, if it is what the chain says
  bool only_undeclared = false;         // look at objects of which nothing is declared alone, on the walking thread
  const Retirements *retired = nullptr; // outlives the walk; objects of these lines are not looked at
  // Whether the sequences of a manifest's blocks are wanted; of others BlockLine::own and shared are empty. On any
  // thread. Null: of all.
  std::function<bool(const Manifest &outline)> with_sequences = {};
  std::size_t threads = 16; // that read: most of the time they wait for the store
};

// visit: is given each manifest that could be read, on the calling thread. Memory is for some manifests at a time, and
// an index.
void walk(const StoreReader &reader, const ListedChain &chain, const WalkOptions &options, Findings &findings,
          const std::function<void(WalkedManifest &walked)> &visit);

// Looks by asking the store, which may know the hash.
ObjectState look_by_stat(const StoreReader &reader, const BlockLine &line, std::string &reason);
// Looks by reading all of its bytes.
ObjectState look_by_reading(const StoreReader &reader, const BlockLine &line, std::string &reason);

} // namespace jetcapture::host
