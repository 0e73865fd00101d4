// Where a host with ordered delivery begins: what the chain in the store and the stream tell together.
#pragma once

#include "ledger/ordered_chain.hpp"
#include "log/log.hpp"
#include "settings/settings.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

// The stream as it is now.
struct StreamNow {
  std::string created; // as the server gives it
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::vector<std::string> filters = {}; // of this capture, sorted
  // [may block] When the message of that sequence came, nanoseconds since 1970; nullopt: the stream does not have it.
  std::function<std::optional<std::int64_t>(std::uint64_t sequence)> timestamp_of;
  // [may block] After which sequence a new capture begins: what the flags say.
  std::function<std::uint64_t()> begin;
};

struct OrderedStart {
  std::uint64_t after = 0;     // the first message is behind it
  bool goes_on = false;        // an earlier run has captured up to it
  std::uint64_t begins_at = 0; // where the capture began, with whichever run; 0: not known
  std::string stream_created;  // as the chain names the stream
};

// chain: after a look(), with nobody else at work. captured_by: see captured_by(). has_other_chains: hosts with shared
// delivery have captured under the same name. Throws StartupError: it is another capture's chain or another stream's,
// was captured with other options, or is damaged; StoreFailure.
OrderedStart find_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings,
                        const std::string &captured_by, bool has_other_chains, Log &log);

} // namespace jetcapture::host
