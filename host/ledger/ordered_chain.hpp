// The chain of a capture with ordered delivery, as a host that would go on with it reads it: whose it is, how far it
// is, and whether it still grows. Puts nothing.
//
// One thread. The functions may block, and throw StoreFailure: the store does not answer, ask again.
#pragma once

#include "ledger/chain.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace jetcapture::host {

// A manifest that has to be read is gone or damaged: one sentence that names it and the fix.
struct DamagedChain : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class OrderedChain {
public:
  // The store, which lists and reads, outlives it. timeout: of one call. host: ordered_chain, or that of a claim.
  OrderedChain(const Store &store, const std::string &stream, const std::string &capture,
               std::chrono::nanoseconds timeout, std::string host = std::string(ordered_chain));

  // Finds the end. True: it is another one than before. Throws DamagedChain.
  bool look();
  // As of the last look: there is no manifest, so the capture is new.
  bool is_new() const { return number_ == 0; }
  const ManifestHeader &last() const { return last_; }
  std::uint64_t number() const { return number_; } // of the last manifest; 0: there is none
  const ChainName &name() const { return chain_.name(); }

  // A message that was stored, or was about to be, or that the stream had where it was rewound to.
  struct Message {
    std::uint64_t sequence = 0;
    std::int64_t timestamp = 0;
  };
  // Of the lines of the chain, from its end back: the message with the highest sequence of each manifest, one a call.
  // Begins anew at each look, or when it is told to. nullopt: there are no more. Throws DamagedChain. Those are left
  // out that a run has found lost: its start says so (ManifestHeader::rewound_to), or it is of a claim and began with a
  // floor that is set back before them.
  std::optional<Message> next_back();
  void begin_back();
  // The one of them with the highest sequence, which need not be in the last manifest. Begins anew.
  std::optional<Message> newest();

private:
  std::string bytes_of(std::uint64_t number) const;
  std::uint64_t before(std::uint64_t number, const Sha256 &previous) const;
  template <class Read>
  auto decoded(std::uint64_t number, Read &&read) const;

  Chain chain_;
  std::uint64_t number_ = 0;
  std::uint64_t next_back_ = 0;
  std::optional<std::uint64_t> floor_of_start_; // where the manifest behind it begins a run of a claim
  std::uint64_t lost_behind_ = UINT64_MAX;
  std::uint64_t highest_left_ = UINT64_MAX; // no message that next_back() has still to give is behind it
  ManifestHeader last_;
};

} // namespace jetcapture::host
