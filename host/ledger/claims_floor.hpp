// How far a capture with ordered delivery is, by the last manifests of its chains: of one alone, or of one for each
// claim.
#pragma once

#include "ledger/ordered_chain.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace jetcapture::host {

// The last manifests of the chains of one capture, by the host of each; ordered_chain is among them. All messages up to
// that sequence are in blocks that are done, or recorded: what the claims hold up to the first that is not done. What
// is behind it is not captured yet, or not known to be without a gap.
std::uint64_t floor_of_claims(const std::map<std::string, ManifestHeader> &last);

struct CaptureFloor {
  std::uint64_t floor = 0;
  std::uint64_t begins_at = 0; // 0: not known
};
// [may block] The same, as the store tells now, by the manifests that it takes to know it. nullopt: there is no such
// capture with ordered delivery. Throws StoreFailure, DamagedChain.
std::optional<CaptureFloor> read_capture_floor(const Store &store, const std::string &stream,
                                               const std::string &capture, std::chrono::nanoseconds timeout);

} // namespace jetcapture::host
