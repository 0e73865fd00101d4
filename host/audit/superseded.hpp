// Blocks that were never stored, and whose messages are all in blocks that are done: a host that died had listed them,
// and another one has stored the messages. Such a block stays as it is, and nobody waits for it.
//
// One thread at a time.
#pragma once

#include "audit/chains.hpp"
#include "audit/parts_seen.hpp"
#include "audit/store_reader.hpp"
#include "ledger/manifest.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace jetcapture::host {

class Superseded {
public:
  // A block that is pending, with or without its sequences. Its number, from 0.
  std::size_t add(const ManifestHeader &header, const BlockLine &line);
  // Reads the chains once more, where there is a pending block at all. What can't be read supersedes nothing.
  void judge(const StoreReader &reader, const std::vector<ListedChain> &chains);
  // After judge().
  bool has(std::size_t number) const;

private:
  struct Pending {
    Life life;
    BlockLine line;
  };
  bool touches_one(const Life &life, const BlockLine &line) const;

  std::vector<Pending> pending_;
  std::map<std::string, std::size_t> by_name_; // of the object
  std::map<Life, PartsSeen> seen_; // of blocks that are done, as far as they may have messages of a pending one
};

} // namespace jetcapture::host
