// The ledger of a capture: what it stores is written down in the store, in the manifests of its chain, before it is
// stored. So whoever reads the store knows what is there, and what should be.
//
//   open()                the first manifest of the run: what earlier runs of this host put from now on counts no more
//   list()                a sealed block: once its line stands in a manifest, it is given on to be stored
//   done(), settled()     it is stored; all its messages are acked
//   pass(), passed()      messages that are in no block, to be recorded before they are acked
//
// Blocks that end at about the same time share a manifest. A thread of its own puts them, again and again until each is
// durable.
#pragma once

#include "blocks/block.hpp"
#include "blocks/memory_meter.hpp"
#include "ledger/batch.hpp"
#include "ledger/earlier_runs.hpp"
#include "ledger/kept_memory.hpp"
#include "log/log.hpp"
#include "progress/counters.hpp"
#include "store/store_retry.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace jetcapture::host {

class Ledger {
public:
  // How long blocks wait for others to share a manifest with.
  struct Pace {
    std::chrono::nanoseconds gather = std::chrono::milliseconds(50); // from the first one on
    std::chrono::nanoseconds between = std::chrono::seconds(1);      // from one manifest to the next
    std::chrono::nanoseconds declare = std::chrono::seconds(60);     // that a block is done
    std::chrono::nanoseconds decide = std::chrono::seconds(3);       // what another host's new run has to declare
  };
  // All outlive it.
  struct Surroundings {
    const Store &store; // see can_keep()
    Counters &counters;
    const MemoryMeter &meter;
    Log &log;
    // Makes durable what the host's own journal says of blocks that are lost, before the ledger says it: then no run
    // takes one for stored whose object comes later. Why it can't now; empty: it has. On the ledger's thread.
    std::function<std::string()> flush_journal;
    // Where the host remembers its last manifest (LastManifest); empty: nowhere.
    std::filesystem::path last_manifest = {};
    // Where stages keep what outlives the process; empty: nowhere.
    std::filesystem::path stage_memory = {};
  };
  // facts: of the headers, without what changes with each. give: takes the blocks that are listed; on the ledger's
  // thread.
  Ledger(ManifestHeader facts, StoreRetry retry, Pace pace, Surroundings surroundings,
         std::function<void(std::shared_ptr<SealedBlock>)> give);
  ~Ledger(); // as end()
  Ledger(const Ledger &) = delete;
  Ledger &operator=(const Ledger &) = delete;

  // A store that lists and reads.
  static bool can_keep(const Store &store);

  // [capture thread] [may block] Once, before all else; tries until the store answers. What earlier runs have listed,
  // of messages that count; of other hosts, what is done. Throws as EarlierRuns::open() does.
  std::vector<EarlierLine> open(EarlierRuns::Beginning beginning);
  // [capture thread] After open(), and adopt() and settle(): from now on manifests are written.
  void start();
  // The same on this thread, once, for a test that has no other: all that waits stands in a manifest then.
  void write_waiting(const std::stop_token &stop = {});
  // [any-thread] After open(): the store puts without replacing, so that the ledger decides what was stored. Else the
  // journal does.
  bool decides() const { return decides_; }
  // [any-thread] A part of the names of this run's objects.
  const std::string &run() const { return chain_.run(); }
  // [capture thread] After open(): how many runs of this chain have begun, with this one.
  std::uint64_t starts() const { return starts_; }

  // [capture thread] After open().
  EarlierRuns &earlier_runs() { return earlier_runs_; }

  // [capture thread] A line of an earlier run is known as that block from now on. Nothing is said of those in other
  // hosts' chains.
  void adopt(std::uint64_t block, const EarlierLine &line);
  // [capture thread] A line of an earlier run whose messages do not count: whether its object is in the store.
  void settle(const EarlierLine &line, bool stored);

  // [any-thread] The block's line is to be written.
  void list(std::shared_ptr<SealedBlock> block);
  // [any-thread] The block's object is in the store. A ticket for passed().
  std::uint64_t done(std::uint64_t block);
  // [capture thread] The object of an earlier run's block is not in the store, and never counts if it comes.
  void lost(std::uint64_t block);
  // [any-thread] All messages of the block are acked, or come again.
  void settled(std::uint64_t block);

  // [any-thread] Messages that the decoder gave nothing for, those that were terminated, and what the stream did not
  // have when it was read. Recorded with the next blocks, or within that time. A ticket for passed().
  std::uint64_t pass(const SequenceList &filtered, const SequenceList &terminated,
                     const std::vector<SequenceRun> &absent, std::chrono::nanoseconds within);
  // [any-thread] All up to that ticket stand in manifests.
  std::uint64_t passed() const { return passed_.load(std::memory_order_acquire); }

  // Ordered delivery, before start(): each manifest carries that floor. It may count what done() and pass() were told
  // before it was asked: that stands in the same manifest, or in one before it. On the ledger's thread.
  void follow_floor(std::function<std::uint64_t()> floor) { floor_of_ = std::move(floor); }
  // [any-thread] The floor of the last manifest.
  std::uint64_t floor() const { return floor_.load(std::memory_order_relaxed); }

  // [any-thread] From now on a manifest is written at least so often, also where there is nothing to tell.
  void write_each(std::chrono::nanoseconds time);
  // [any-thread] The consumer went past these sequences, and delivered nothing of them to anybody.
  void skipped(SequenceRun run);
  // [any-thread] All messages of the consumer up to that sequence of the stream are acked, or have left the stream.
  void acked_up_to(std::uint64_t sequence);
  // [any-thread] What the server says of the stream and its consumers now. What is new or has changed is recorded; a
  // run begins with all that it was told before open().
  void configured(const std::vector<ManifestConfiguration> &all);

  // [any-thread] What waits is written now, not together with what comes in the next second.
  void hurry();

  // [any-thread] Blocks that are given and not listed.
  std::size_t unlisted() const;
  // [any-thread] Something waits to be written: blocks, or messages in none.
  bool is_busy() const;
  // [any-thread] Throws CaptureError once another run goes on with this chain, with ordered delivery Overtaken; and
  // once the store can't go on.
  void check() const;
  // [any-thread] Gives on no further block. The messages of those that are not listed.
  std::vector<SequenceList> abandon();
  // [capture thread] Waits until what is known as done stands in a manifest, not beyond that time. in_order: nothing is
  // left to be put, and with ordered delivery the chain says so.
  void finish(Clock::time_point deadline, bool in_order);
  // [capture thread] Puts and gives nothing more. Waits for the manifest that is in the store's hands.
  void end();

private:
  using Time = std::chrono::steady_clock;
  bool put_start(const ChainEnd &end, std::uint32_t epoch);

  void run_thread(const std::stop_token &stop);
  Time::time_point due() const NEEDS_LOCK(mutex_);
  Manifest empty_manifest() const;
  void add_memory(Manifest &manifest);
  void write(LedgerBatch batch, std::uint64_t unsettled_from, std::uint64_t floor, const std::stop_token &stop);
  // False: it is not there, and this run puts nothing more.
  bool put(const std::string &bytes, bool tells_of_lost, const std::stop_token &stop);
  void failed(const StoreFailure &failure, std::uint32_t attempt, const std::stop_token &stop);
  void succeeded();
  void give_up(const std::string &why, bool overtaken = false);
  void declare(std::vector<LinePlace> LedgerBatch::*what, LinePlace place) NEEDS_LOCK(mutex_);

  const ManifestHeader facts_;
  const StoreRetry retry_;
  const Pace pace_;
  const Surroundings with_;
  const std::function<void(std::shared_ptr<SealedBlock>)> give_;
  Chain chain_; // of open(), then of the thread
  LastManifest last_manifest_;
  EarlierRuns earlier_runs_;
  // Of open(), then of the thread:
  std::uint32_t epoch_ = 1;
  std::uint64_t starts_ = 0;
  std::uint64_t highest_sequence_ = 0; // of the chain
  KeptMemory memory_;                  // as the chain has it
  std::uint64_t memory_in_ = 0;        // see ManifestHeader
  bool decides_ = false;
  std::function<std::uint64_t()> floor_of_; // with ordered delivery
  std::atomic<std::uint64_t> floor_;

  mutable Mutex mutex_; // of what follows
  std::condition_variable_any wake_;
  std::condition_variable_any written_;
  LedgerBatch next_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<SealedBlock>> in_hand_ GUARDED_BY(mutex_); // of the manifest that is being put
  bool writing_ GUARDED_BY(mutex_) = false;
  bool hurry_ GUARDED_BY(mutex_) = false;
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::string fatal_ GUARDED_BY(mutex_);
  bool overtaken_ GUARDED_BY(mutex_) = false;
  Time::time_point last_put_ GUARDED_BY(mutex_){};
  std::chrono::nanoseconds each_ GUARDED_BY(mutex_){0}; // 0: only where there is something to tell
  Time::time_point blocks_since_ GUARDED_BY(mutex_){};
  Time::time_point pass_by_ GUARDED_BY(mutex_) = Time::time_point::max();
  Time::time_point declare_by_ GUARDED_BY(mutex_) = Time::time_point::max();
  std::unordered_map<std::uint64_t, LinePlace> place_of_ GUARDED_BY(mutex_); // by block
  std::map<std::uint64_t, std::uint64_t> unsettled_ GUARDED_BY(mutex_);      // lines, by manifest
  std::map<std::pair<std::string, std::string>, ManifestConfiguration> configurations_ GUARDED_BY(mutex_); // by what
  bool begun_ GUARDED_BY(mutex_) = false; // the first manifest is put
  std::atomic<std::uint64_t> passed_ = 0;
  std::atomic<std::uint64_t> ack_floor_ = 0;
  std::uint64_t tickets_ GUARDED_BY(mutex_) = 0;
  std::uint64_t last_pass_ GUARDED_BY(mutex_) = 0; // the last ticket of pass()
  bool failing_ GUARDED_BY(mutex_) = false;        // the manifest that is being put was refused
  // The thread's:
  bool outage_told_ = false;
  Time::time_point next_complaint_{};
  std::jthread thread_;
};

} // namespace jetcapture::host
