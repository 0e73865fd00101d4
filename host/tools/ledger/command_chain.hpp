// The chain in which the commands of a capture write, `verify --adopt` and `retire`: below the capture's own chains, as
// that of a host with the name "commands". Each run begins with a manifest, as a host's does: from then on an earlier
// run that is still alive is told that it was overtaken, and ends. So the two commands never work at the same time on
// one capture, whoever starts them. Then it declares each line that earlier runs have left: done where its object is
// there, else void, which is final.
//
// One thread. Its calls may block, and try a few times. They throw StoreFailure, and CommandOvertaken.
#pragma once

#include "audit/store_reader.hpp"
#include "ledger/chain.hpp"
#include "log/log.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace jetcapture::host {

// Another run of a command goes on with the chain.
struct CommandOvertaken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class CommandChain {
public:
  // facts: of the newest manifest of a host of the capture. timeout: of a put. Throws StartupError: the store can't put
  // without replacing, so that nothing keeps two runs apart.
  CommandChain(const StoreReader &reader, const ManifestHeader &facts, std::chrono::nanoseconds timeout, Log &log);

  // Puts the first manifest of this run, and settles what earlier ones have left.
  void begin();
  // Puts the next one, with its header filled in but for the identity of the stream, the epoch and what is there of
  // sequences. Its number.
  std::uint64_t put(Manifest manifest);
  // All lines of the chain are declared in the next manifest.
  void settles_all() { unsettled_from_ = UINT64_MAX; }

  const ChainName &name() const { return chain_.name(); }
  // A part of the names of this run's objects.
  const std::string &run() const { return chain_.run(); }
  // A manifest with the facts of the capture.
  Manifest manifest() const;

private:
  void settle_earlier_runs();

  const StoreReader &reader_;
  const ManifestHeader facts_;
  Log &log_;
  Chain chain_;
  std::uint64_t highest_sequence_ = 0;
  std::uint64_t unsettled_from_ = UINT64_MAX; // the oldest manifest with lines that are not declared
};

// Calls attempt() again a few times while it throws a StoreFailure that may pass.
void try_a_few_times(const std::function<void()> &attempt);

} // namespace jetcapture::host
