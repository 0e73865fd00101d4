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
#include "ledger/earlier_lines.hpp"
#include "log/log.hpp"
#include "progress/counters.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace jetcapture::host {

class Ledger {
public:
  struct Retry {
    std::chrono::nanoseconds shortest;
    std::chrono::nanoseconds longest;
    std::chrono::nanoseconds timeout; // of one put
  };
  // How long blocks wait for others to share a manifest with.
  struct Pace {
    std::chrono::nanoseconds gather = std::chrono::milliseconds(50); // from the first one on
    std::chrono::nanoseconds between = std::chrono::seconds(1);      // from one manifest to the next
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
  };
  // facts: of the headers, without what changes with each. give: takes the blocks that are listed; on the ledger's
  // thread.
  Ledger(ManifestHeader facts, Retry retry, Pace pace, Surroundings surroundings,
         std::function<void(std::shared_ptr<SealedBlock>)> give);
  ~Ledger(); // as end()
  Ledger(const Ledger &) = delete;
  Ledger &operator=(const Ledger &) = delete;

  // A store that lists and reads.
  static bool can_keep(const Store &store);

  // How a run begins.
  struct Beginning {
    std::uint64_t floor = 0; // all messages of the consumer up to that sequence of the stream are acked
    // All that the ledger tells of messages above that sequence is known, but for this host's chain. nullopt: nothing
    // is, and the chains of all hosts are read.
    std::optional<std::uint64_t> known_above = {};
    // Whether what that consumer (when it was created) has stored is to be captured once more.
    std::function<bool(std::int64_t consumer_created)> again;
    // Whether the stream has that message.
    std::function<bool(std::uint64_t sequence, std::int64_t timestamp)> has;
    // Whether the store has that block, byte by byte. Tries until the store answers.
    std::function<bool(const EarlierLine &line)> is_stored;
    // Called before each attempt; throws where the run is to end.
    std::function<void()> check;
  };
  // [capture thread] [may block] Once, before all else; tries until the store answers. What earlier runs have listed,
  // of messages that count; of other hosts, what is done. Throws CaptureError: the store can't go on, or what check()
  // throws.
  std::vector<EarlierLine> open(const Beginning &beginning);
  // [capture thread] After open(), and adopt() and settle(): from now on manifests are written.
  void start();
  // The same on this thread, once, for a test that has no other: all that waits stands in a manifest then.
  void write_waiting(const std::stop_token &stop = {});
  // [capture thread] After open(): what the ledger tells of messages up to that sequence may not be known.
  std::uint64_t floor() const { return floor_; }
  // [any-thread] After open(): the store puts without replacing, so that the ledger decides what was stored. Else the
  // journal does.
  bool decides() const { return decides_; }
  // [any-thread] A part of the names of this run's objects.
  const std::string &run() const { return chain_.run(); }

  // [capture thread] Whether the ledger may know a message that memory doesn't: a server may forget an ack that it had
  // confirmed, and a consumer may be made anew.
  bool may_know(std::uint64_t sequence) const { return sequence <= floor_.load(std::memory_order_relaxed); }
  // [capture thread] [may block] Reads on, back to that message: lines of messages that count. Tries until the store
  // answers; throws as open() does.
  std::vector<EarlierLine> look_up(std::uint64_t sequence);
  // [capture thread] What is stored up to that sequence is not remembered any more: the ledger has to be asked.
  void forgotten_up_to(std::uint64_t sequence);

  // [capture thread] A line of an earlier run is known as that block from now on. Nothing is said of those in other
  // hosts' chains.
  void adopt(std::uint64_t block, const EarlierLine &line);
  // [capture thread] A line of an earlier run whose messages do not count: whether its object is in the store.
  void settle(const EarlierLine &line, bool stored);

  // [any-thread] The block's line is to be written.
  void list(std::shared_ptr<SealedBlock> block);
  // [any-thread] The block's object is in the store.
  void done(std::uint64_t block);
  // [capture thread] The object of an earlier run's block is not in the store, and never counts if it comes.
  void lost(std::uint64_t block);
  // [any-thread] All messages of the block are acked, or come again.
  void settled(std::uint64_t block);

  // [any-thread] Messages that the decoder gave nothing for, and that were terminated. Recorded with the next blocks,
  // or within that time. A ticket for passed().
  std::uint64_t pass(const SequenceList &filtered, const SequenceList &terminated, std::chrono::nanoseconds within);
  // [any-thread] All up to that ticket stand in manifests.
  std::uint64_t passed() const { return passed_.load(std::memory_order_acquire); }

  // [any-thread] What waits is written now, not together with what comes in the next second.
  void hurry();

  // [any-thread] Blocks that are given and not listed.
  std::size_t unlisted() const;
  // [any-thread] Something waits to be written: blocks, or messages in none.
  bool is_busy() const;
  // [any-thread] Throws CaptureError once another run goes on with this chain, or the store can't go on.
  void check() const;
  // [any-thread] Gives on no further block. The messages of those that are not listed.
  std::vector<SequenceList> abandon();
  // [capture thread] Waits until what is known as done stands in a manifest, not beyond that time.
  void finish(Clock::time_point deadline);
  // [capture thread] Puts and gives nothing more. Waits for the manifest that is in the store's hands.
  void end();

private:
  using Time = std::chrono::steady_clock;
  struct LinePlace {
    std::uint64_t manifest = 0;
    std::uint32_t place = 0;
    auto operator<=>(const LinePlace &) const = default;
  };
  // What goes into one manifest.
  struct Batch {
    std::vector<std::shared_ptr<SealedBlock>> blocks;
    std::vector<std::uint64_t> filtered;
    std::vector<std::uint64_t> terminated;
    std::vector<LinePlace> done;
    std::vector<LinePlace> lost;
    std::uint64_t ticket = 0;
    bool empty() const {
      return blocks.empty() && filtered.empty() && terminated.empty() && done.empty() && lost.empty();
    }
  };

  template <class Ask>
  auto until_answered(Ask &&ask) const;
  std::vector<ChainReader> other_chains() const;
  void begin_chain(std::vector<ChainReader> &readers);
  bool put_start(const ChainEnd &end);
  std::vector<EarlierLine> read_back(std::vector<ChainReader> &readers, std::uint64_t floor);
  std::vector<EarlierLine> read_decided(ChainReader &reader, std::uint64_t floor);
  void judge(std::vector<EarlierLine> &lines) const;
  bool is_done(const EarlierLine &line, const ChainReader &reader) const;

  void run_thread(const std::stop_token &stop);
  Time::time_point due() const NEEDS_LOCK(mutex_);
  Batch take_batch() NEEDS_LOCK(mutex_);
  Manifest manifest_of(Batch &batch) NEEDS_LOCK(mutex_);
  Manifest empty_manifest() const;
  void write(Manifest manifest, Batch batch, const std::stop_token &stop);
  // False: it is not there, and this run puts nothing more.
  bool put(const std::string &bytes, bool tells_of_lost, const std::stop_token &stop);
  void failed(const StoreFailure &failure, std::uint32_t attempt, const std::stop_token &stop);
  void succeeded();
  void give_up(const std::string &why);
  void declare(std::vector<LinePlace> Batch::*what, LinePlace place) NEEDS_LOCK(mutex_);

  const ManifestHeader facts_;
  const Retry retry_;
  const Pace pace_;
  const Surroundings with_;
  const std::function<void(std::shared_ptr<SealedBlock>)> give_;
  Chain chain_; // of open(), then of the thread
  Beginning beginning_;
  // How many messages a look goes back: one that comes again seldom comes alone.
  static constexpr std::uint64_t messages_a_look = 100'000;
  std::uint64_t look_back_ = messages_a_look;
  std::atomic<std::uint64_t> floor_ = 0; // see may_know()
  std::uint32_t epoch_ = 1;
  bool decides_ = false;

  mutable Mutex mutex_; // of what follows
  std::condition_variable_any wake_;
  std::condition_variable_any written_;
  Batch next_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<SealedBlock>> in_hand_ GUARDED_BY(mutex_); // of the manifest that is being put
  bool writing_ GUARDED_BY(mutex_) = false;
  bool hurry_ GUARDED_BY(mutex_) = false;
  bool abandoned_ GUARDED_BY(mutex_) = false;
  std::string fatal_ GUARDED_BY(mutex_);
  Time::time_point last_put_ GUARDED_BY(mutex_){};
  Time::time_point blocks_since_ GUARDED_BY(mutex_){};
  Time::time_point pass_by_ GUARDED_BY(mutex_) = Time::time_point::max();
  Time::time_point declare_by_ GUARDED_BY(mutex_) = Time::time_point::max();
  std::uint64_t highest_sequence_ GUARDED_BY(mutex_) = 0;                    // of the chain
  std::unordered_map<std::uint64_t, LinePlace> place_of_ GUARDED_BY(mutex_); // by block
  std::map<std::uint64_t, std::uint64_t> unsettled_ GUARDED_BY(mutex_);      // lines, by manifest
  std::atomic<std::uint64_t> passed_ = 0;
  std::uint64_t tickets_ GUARDED_BY(mutex_) = 0;
  bool failing_ GUARDED_BY(mutex_) = false; // the manifest that is being put was refused
  // The thread's:
  bool outage_told_ = false;
  Time::time_point next_complaint_{};
  std::jthread thread_;
};

} // namespace jetcapture::host
