// Which blocks of a backup have the messages that are wanted, as its manifests tell.
#pragma once

#include "audit/chains.hpp"
#include "audit/finding.hpp"
#include "audit/store_reader.hpp"
#include "blocks/sha256.hpp"
#include "reading/readers.hpp"
#include "reading/wanted.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::host {

// A block that is done, of whole messages.
struct WholeBlock {
  std::string name; // of the object
  std::uint64_t bytes = 0;
  Sha256 sha256{};
  std::uint64_t messages = 0;
  std::uint64_t written_bytes = 0; // before compression
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::size_t line = 0;                           // of its manifest
  std::shared_ptr<const ManifestHeader> manifest; // that lists it
  const Reader *reader = nullptr;                 // as long as its Readers live
};

struct WholeBlocks {
  std::vector<WholeBlock> blocks; // by their first sequence
  std::string stream;
  std::string stream_created; // as the server gave it
};

// Of several chains their messages are together those of the stream: of several hosts, of several captures, of ordered
// delivery. Findings: what the walk meets; blocks that are done and have no whole messages, since their decoder is
// another one than "message", or can't be read here ("block_lossy", "no_reader"). Such blocks of a capture are a note
// where another one has whole messages. Notes: what is left out, and why. Throws StartupError: the chains are of
// several streams, or there is no stream that was created then.
WholeBlocks find_whole_blocks(const StoreReader &reader, const std::vector<ListedChain> &chains,
                              const WantedMessages &wanted, Readers &readers, Findings &findings,
                              const std::function<void(std::uint64_t manifests)> &progress);

} // namespace jetcapture::host
