// Waits until this host may own a capture with ordered delivery: at once where nobody does, else once its owner shows
// no sign of life any more, neither by a publish nor by a chain that grows. While it can't hear, or the store does not
// answer, nothing is known of the owner, and it waits. A takeover that was wrong costs work and
// never correctness: the store decides who owns it (Chain).
//
// Logic without NATS and clocks, so that a test has the say over both.
#pragma once

#include "ledger/ordered_chain.hpp"
#include "log/log.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace jetcapture::host {

class Standby {
public:
  // What it knows of the owner.
  struct Seen {
    const ManifestHeader *owner = nullptr; // the last manifest; nullptr: the store was not asked yet
    std::chrono::nanoseconds silent{};     // since it last showed that it lives
    std::string problem;                   // why the store can't be asked now; empty: it can
  };
  struct Surroundings {
    OrderedChain &chain;
    std::function<bool(const std::string &run)> heard; // since the last call
    std::function<bool()> can_hear;                    // it is connected
    std::function<std::chrono::steady_clock::time_point()> now;
    std::function<void(std::chrono::nanoseconds)> wait; // throws CaptureStopped where the host is to stop
    std::function<void(const Seen &)> tell;             // before each wait
    Log &log;
  };
  // last_run: of this host, "" where it is not known: it is dead, since this one has its state folder.
  Standby(Surroundings surroundings, std::string last_run, std::chrono::nanoseconds takeover_after);

  // [may block] Returns once this host may take over; the chain is as of a look just before. Throws what the chain and
  // wait() throw, but for a store that does not answer: it is asked again.
  void wait_for_turn();

private:
  bool is_free() const;
  bool look();
  void wait(std::chrono::nanoseconds time, bool owner_is_known);

  const Surroundings with_;
  const std::string last_run_;
  const std::chrono::nanoseconds takeover_after_;
  std::string problem_; // with the store
  std::chrono::steady_clock::time_point last_sign_;
};

} // namespace jetcapture::host
