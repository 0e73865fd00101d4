// Which part of a stream this host captures next, where several hosts share the work (--parallel-backlog C).
//
// The stream is cut at the multiples of C. What is between two of them is a claim, which one host at a time captures by
// a chain of its own, as a capture with an end; blocks end with it. The first claim has the chain of the capture, goes
// from where the capture begins (or from the floor that it has, where it was made without claims until now) to the next
// multiple, and fixes C for all hosts. A host takes the lowest claim that nobody works on; to take it is to put a start
// manifest into its chain, which only one of several can. Owners show that they live as without claims, and a claim
// whose owner shows no sign of life is taken over.
//
// A claim is begun once all before it are, and the stream has something of it or all before it are done: so the live
// end of the stream is one claim, which one host has while others stand by.
//
// Logic without NATS and clocks, so that a test has the say over both. One thread.
#pragma once

#include "ledger/ordered_chain.hpp"
#include "log/log.hpp"
#include "ordered/start.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace jetcapture::host {

struct Settings;

class Claims {
public:
  // All outlive it.
  struct Surroundings {
    const Store &store; // lists and reads
    // [may block] The stream as it is now; begin: of a new capture.
    std::function<StreamNow()> stream;
    // [may block] Hosts with shared delivery have captured under the same name.
    std::function<bool()> has_other_chains;
    std::function<std::set<std::string>()> heard; // runs that have shown themselves since the last call
    std::function<std::string()> last_run;        // of this host, which is dead; "": not known
    std::function<std::chrono::steady_clock::time_point()> now;
    Log &log;
  };
  // captured_by: see captured_by().
  Claims(Surroundings surroundings, const Settings &settings, std::string captured_by);

  // [may block] The claim that this host is to begin now; nullopt: there is none for it. Throws as find_start() does,
  // and DamagedChain.
  std::optional<OrderedStart> look();
  // As of the last look, with --once: all that the stream had at the first one is done, by whichever host.
  bool everything_is_done() const { return everything_is_done_; }
  // --once: this host has found nothing more of the claim that look() gave.
  void nothing_more_of(const Claim &claim) { worked_.insert(claim.host); }

private:
  using Time = std::chrono::steady_clock::time_point;
  // The chain of a claim, and when it or its owner last showed a sign of life.
  struct Watched {
    explicit Watched(OrderedChain of) : chain(std::move(of)) {}
    OrderedChain chain;
    std::optional<Time> last_sign = {};
  };

  // What the stream and the claims tell of each other.
  struct Agreement {
    std::uint64_t looked_down_to = 0;
    std::optional<std::uint64_t> lowest_open = {};  // that is not done
    std::optional<std::uint64_t> lowest_other = {}; // that has messages which the stream has lost
    std::optional<std::uint64_t> lowest_stale = {}; // the same, and it is done
  };

  std::string host_of(std::uint64_t number) const;
  std::uint64_t last_of(std::uint64_t number) const { return (number + 1) * size_; }
  Watched &at(std::uint64_t number);
  Watched &see(Watched &one);
  bool is_done(std::uint64_t number);
  bool is_done_for_once(std::uint64_t number);
  bool may_take(const Watched &one) const;

  std::optional<OrderedStart> first_claim(const StreamNow &stream);
  std::optional<std::uint64_t> candidate(std::uint64_t lowest, const StreamNow &stream);
  Agreement find_agreement(const StreamNow &stream);
  StreamNow part_of(const StreamNow &stream, std::uint64_t number) const;
  OrderedStart start_of(std::uint64_t number, std::uint64_t lowest, const StreamNow &stream);
  std::optional<OrderedStart> stand_by();

  const Surroundings with_;
  const Settings &settings_;
  const std::string captured_by_;
  const std::uint64_t size_;
  Watched first_;                           // has the chain of the capture
  std::uint64_t number_of_first_ = 0;       // once that chain tells it
  std::uint64_t highest_ = 0;               // that is begun
  std::map<std::uint64_t, Watched> others_; // by number
  std::set<std::string> heard_;             // since the last look
  std::optional<std::uint64_t> target_;     // --once: the last sequence at the first look
  std::set<std::string> worked_;            // --once
  bool everything_is_done_ = false;
  bool stands_by_ = false;
};

} // namespace jetcapture::host
