// What earlier runs have listed, as far as a run that begins has to know it: lines that are neither done nor void, and
// those with messages that the server may deliver again.
#pragma once

#include "ledger/chain.hpp"
#include "ledger/manifests_back.hpp"
#include "log/log.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::host {

struct EarlierLine {
  BlockLine block;
  std::uint64_t manifest = 0; // where it stands, and which of its lines it is
  std::uint32_t place = 0;
  bool own = false;  // in this host's chain: this run says whether it is done or void
  bool done = false; // declared so; else the store tells
  // Of another host, and of a run before its last one, which is about to declare it.
  bool is_undecided = false;
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
  std::uint64_t used = 0;   // the last number that was used, also where its manifest was removed
  Sha256 sha256{};          // of that one; all 0: not known, or there is none
  // The first number of those that the host remembers to have put, and that are not there as they were; 0: none.
  std::uint64_t lost_from = 0;
  // Of the last one that could be read.
  ManifestHeader header = {};
};

// Throws StoreFailure. What is damaged, or of a newer version, is left out with a warning. known: a manifest of that
// number is there, whatever a listing says.
ChainEnd end_of_chain(Chain &chain, Log &log, std::uint64_t known = 0);

// Reads a chain back from its end, as far as it is asked to, each manifest once. One thread.
class ChainReader {
public:
  // own: it is this host's, whose own word settles its lines. unsettled_too: see EarlierRuns::Beginning.
  ChainReader(Chain chain, ChainEnd end, bool own, bool unsettled_too = false);

  const ChainName &name() const { return manifests_.chain().name(); }
  const ChainEnd &end() const { return end_; }
  // Nothing has been put behind the end that is known. May block. Throws StoreFailure.
  bool is_still_the_end() const { return !manifests_.chain().has_more_than(end_.number); }

  // Up to the manifest before which all lines are settled, where it is this host's chain, and all messages have
  // sequences up to floor. Lines that are void, or settled with messages up to floor alone, are left out. In the order
  // in which they were listed; with unsettled_too also those that may not be settled. May block. Throws StoreFailure:
  // it goes on from where it was.
  std::vector<EarlierLine> read_back(std::uint64_t floor, Log &log);

private:
  using LinePlace = std::pair<std::uint64_t, std::uint32_t>; // manifest, place
  void take(Manifest manifest, std::uint64_t floor);

  ManifestsBack manifests_;
  ChainEnd end_;
  bool own_;
  bool unsettled_too_;
  std::uint64_t next_;             // is read next; 0: all is read
  std::optional<Sha256> previous_; // of it, as the manifest behind it says
  bool has_enough_ = false;
  std::set<LinePlace> done_; // declared so
  std::set<LinePlace> voided_;
  std::vector<EarlierLine> lines_; // newest first
};

} // namespace jetcapture::host
