#include "ledger/claims_floor.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

bool is_done(const ManifestHeader &claim) {
  return claim.claim_messages > 0 && claim.floor >= claim.claim_last;
}

// Of the claim that begins behind that one.
std::string next_host(const ManifestHeader &claim) {
  return claim_chain(claim.claim_last / claim.claim_messages);
}

} // namespace

std::uint64_t floor_of_claims(const std::map<std::string, ManifestHeader> &last) {
  const auto first = last.find(std::string(ordered_chain));
  if (first == last.end())
    return 0;
  const ManifestHeader *claim = &first->second;
  while (is_done(*claim)) {
    const auto next = last.find(next_host(*claim));
    if (next == last.end() || next->second.claim_last <= claim->claim_last)
      return claim->claim_last;
    claim = &next->second;
  }
  return claim->floor;
}

std::optional<CaptureFloor> read_capture_floor(const Store &store, const std::string &stream,
                                               const std::string &capture, std::chrono::nanoseconds timeout) {
  OrderedChain first(store, stream, capture, timeout);
  first.look();
  if (first.is_new())
    return std::nullopt;
  std::map<std::string, ManifestHeader> last = {{std::string(ordered_chain), first.last()}};
  if (is_done(first.last())) {
    const std::uint64_t number_behind = first.last().claim_last / first.last().claim_messages;
    for (std::uint64_t number = number_behind;; number++) {
      OrderedChain chain(store, stream, capture, timeout, claim_chain(number));
      chain.look();
      if (chain.is_new())
        break;
      last.emplace(claim_chain(number), chain.last());
      if (!is_done(chain.last()))
        break;
    }
  }
  return CaptureFloor{floor_of_claims(last), first.last().begins_at};
}

} // namespace jetcapture::host
