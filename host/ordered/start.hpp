// Where a host with ordered delivery begins: what the chain in the store and the stream tell together.
#pragma once

#include "ledger/ordered_chain.hpp"
#include "log/log.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

// The stream as it is now.
struct StreamNow {
  std::string created; // as the server gives it
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::vector<std::string> filters = {}; // of this capture, sorted
  // [may block] The newest message that the stream has at or before that sequence; nullopt: it has none there.
  std::function<std::optional<OrderedChain::Message>(std::uint64_t sequence)> newest_up_to;
  // [may block] After which sequence a new capture begins: what the flags say.
  std::function<std::uint64_t()> begin;
  std::uint64_t behind = 0; // what is up to it is of another claim
};

// A part of a stream that one host at a time captures, with --parallel-backlog: see Claims.
struct Claim {
  std::string host;                 // of its chain
  std::uint64_t messages = 0;       // of each claim
  std::uint64_t last = UINT64_MAX;  // the last sequence
  std::uint64_t all_done_up_to = 0; // all claims up to that sequence are done
  std::uint64_t done = 0;           // how many claims are
};

struct OrderedStart {
  std::uint64_t after = 0;     // the first message is behind it
  bool goes_on = false;        // an earlier run has captured up to it
  std::uint64_t begins_at = 0; // where the capture began, with whichever run; 0: not known
  std::string stream_created;  // as the chain names the stream
  // Where the stream has lost its end: the last sequence up to which it has what was captured (ManifestHeader).
  std::optional<std::uint64_t> rewound_to = {};
  std::int64_t rewound_to_timestamp = 0; // the same
  // The run begins behind that manifest of its chain, as it was looked at, and behind no other; 0: as the first.
  // nullopt: behind whichever is the last.
  std::optional<std::uint64_t> only_behind = {};
  std::optional<Claim> claim = {}; // nullopt: the whole stream
  // The stream when this was found: its last sequence, and the time of the message `after` (0: not known).
  std::uint64_t stream_ends_at = 0;
  std::int64_t after_timestamp = 0;
};

// chain: after a look(), with nobody else at work. captured_by: see captured_by(). has_other_chains: hosts with shared
// delivery have captured under the same name. Throws StartupError: it is another capture's chain or another stream's,
// was captured with other options, or is damaged; StoreFailure.
OrderedStart find_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings,
                        const std::string &captured_by, bool has_other_chains, Log &log);

// The same of a chain that is not new, without a look at its options, and without a word.
OrderedStart agreed_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings);

// What becomes of messages that can't be decoded, as manifests have it: "quarantine".
std::string on_decode_error(const Settings &settings);

// last: of the capture. Throws StartupError: it is made with other claims, or without.
void check_claims(const ManifestHeader &last, const Settings &settings);
// last: of the capture. filters: of this run. Throws StartupError: it was captured with other options, and --from-here
// was not given.
void check_options(const ManifestHeader &last, const std::vector<std::string> &filters, const Settings &settings,
                   const std::string &captured_by, Log &log);

} // namespace jetcapture::host
