// What the manifests of earlier runs tell a run: at its start, and when a message comes that memory does not know.
//
// Asks the store until it answers, and tells in the log and in the counters that it does not. The capture thread's.
#pragma once

#include "ledger/earlier_lines.hpp"
#include "log/log.hpp"
#include "progress/counters.hpp"
#include "store/store_retry.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

class EarlierRuns {
public:
  // How a run begins.
  struct Beginning {
    std::uint64_t floor = 0; // all messages of the consumer up to that sequence of the stream are acked
    // All that the ledger tells of messages above that sequence is known, but for this host's chain. nullopt: nothing
    // is, and the chains of all hosts are read.
    std::optional<std::uint64_t> known_above = {};
    // The last manifest that this host remembers to have put.
    std::optional<KnownManifest> last = {};
    // The run begins behind the manifest of that number and no other (0: as the first of its chain); nullopt: behind
    // whichever is the last.
    std::optional<std::uint64_t> only_behind = {};
    // Of this host's chain: lines that are declared done are given as well, from the oldest one that is not settled on.
    bool unsettled_too = false;
    // Goes on where it is not in the store; else the run is refused.
    bool accepts_missing = false;
    // Whether what is stored up to that manifest is to be captured once more.
    std::function<bool(const ManifestHeader &last)> again;
    // Whether the stream has that message.
    std::function<bool(std::uint64_t sequence, std::int64_t timestamp)> has;
    // Whether the store has that block, byte by byte. Tries until the store answers.
    std::function<bool(const EarlierLine &line)> is_stored;
    // Called with the name of the run before its first manifest is put; may be empty.
    std::function<void(const std::string &run)> note_run = {};
    // Called before each attempt; throws where the run is to end.
    std::function<void()> check;
  };
  // All outlive it.
  struct Surroundings {
    const Store &store; // lists and reads
    Counters &counters;
    Log &log;
  };
  // decide: how long another host's new run has to declare what the runs before it have left.
  EarlierRuns(ChainName chain, std::string stream_created, StoreRetry retry, std::chrono::nanoseconds decide,
              Surroundings surroundings);

  // Puts the first manifest of a run behind the end of its chain, in that epoch. False: another run was faster. Throws
  // StoreFailure.
  using PutStart = std::function<bool(const ChainEnd &end, std::uint32_t epoch)>;
  // [may block] Once, before all else. What earlier runs have listed, of messages that count; of other hosts, what is
  // done. Throws CaptureError: the store can't go on, or what check() throws; CaptureRefused: manifests of this host
  // were removed; Outrun: see Beginning::only_behind.
  std::vector<EarlierLine> open(const Beginning &beginning, Chain &chain, const PutStart &put_start);

  // What the manifests tell of messages up to that sequence may not be known.
  std::uint64_t floor() const { return floor_; }
  // Whether they may know a message that memory doesn't: a server may forget an ack that it had confirmed, and a
  // consumer may be recreated.
  bool may_know(std::uint64_t sequence) const { return sequence <= floor_; }
  // [may block] Reads on, back to that message: lines that are done, of messages that count. Throws as open() does.
  std::vector<EarlierLine> look_up(std::uint64_t sequence);
  // What is stored up to that sequence is not remembered any more: the manifests have to be asked.
  void forgotten_up_to(std::uint64_t sequence);

private:
  template <class Ask>
  auto until_answered(Ask &&ask) const;
  void pause_for(std::chrono::nanoseconds time) const;
  ChainEnd known_end(Chain &chain) const;
  void tell_missing(const ChainEnd &end) const;
  ChainReader reader_of(const ChainName &name, bool own) const;
  std::vector<ChainReader> other_chains() const;
  std::uint32_t epoch_after(const ChainEnd &end, const std::vector<ChainReader> &others) const;
  std::vector<EarlierLine> read_back(std::vector<ChainReader> &readers, std::uint64_t floor);
  std::vector<EarlierLine> read_decided(ChainReader &reader, std::uint64_t floor) const;
  void judge(std::vector<EarlierLine> &lines) const;
  bool is_done(const EarlierLine &line, const ChainReader &reader) const;

  // How many messages a look goes back: one that comes again seldom comes alone.
  static constexpr std::uint64_t messages_a_look = 100'000;

  const ChainName chain_;
  const std::string stream_created_;
  const StoreRetry retry_;
  const std::chrono::nanoseconds decide_;
  const Surroundings with_;
  Beginning beginning_;
  std::uint32_t epoch_ = 1;
  std::uint64_t floor_ = 0;
  std::uint64_t look_back_ = messages_a_look;
};

} // namespace jetcapture::host
