// What earlier runs have listed, as far as a run that begins has to know it: lines that are neither done nor void, and
// those with messages that the server may deliver again.
#pragma once

#include "ledger/chain.hpp"
#include "log/log.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

struct EarlierLine {
  BlockLine block;
  std::uint64_t manifest = 0; // where it stands, and which of its lines it is
  std::uint32_t place = 0;
  bool own = false;  // in this host's chain: this run says whether it is done or void
  bool done = false; // declared so; else the store tells
  // Its messages are of the stream and of the epoch that is captured now. Set by Ledger::open().
  bool counts = true;
  // Of its manifest:
  std::string stream_created;
  std::int64_t consumer_created = 0;
  std::uint32_t epoch = 0;
};

// The end of a chain, as a run finds it.
struct ChainEnd {
  std::uint64_t number = 0; // of the last manifest; 0: there is none
  std::string bytes;        // of it
  // Of the last one that could be read.
  ManifestHeader header = {};
};

// Throws StoreFailure. What is damaged, or of a newer version, is left out with a warning.
ChainEnd end_of_chain(Chain &chain, Log &log);

// Reads back from the end, up to the manifest before which all lines are settled (own: by this host's own word) and all
// messages are acked. floor: all up to that stream sequence is acked. Void lines are left out. In the order in which
// they were listed. Throws StoreFailure.
std::vector<EarlierLine> lines_of(const Chain &chain, const ChainEnd &end, bool own, std::uint64_t floor, Log &log);

} // namespace jetcapture::host
