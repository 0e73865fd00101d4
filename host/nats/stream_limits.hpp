// Whether a stream keeps its messages for long enough, as pure functions over the answer of STREAM.INFO.
//
// A message is safe once it is stored, at the latest when it has been in flight for as long as it can be. If a host
// dies, its messages are redelivered after ack_wait, and are in flight once more.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace jetcapture::host {

// A limit of the stream by which it may discard messages before they are stored.
struct EarlyDiscard {
  std::string limit;                // "max_age 1h"
  std::chrono::nanoseconds keeps{}; // how long a message stays in the stream
  bool certain = false;             // false: an estimate that is not certain enough to refuse the stream
};

// now: nanoseconds since 1970. nullopt: the stream keeps messages for hold and ack_wait together, or loses none
// (discard new).
std::optional<EarlyDiscard> find_early_discard(const nlohmann::json &stream, std::chrono::nanoseconds hold,
                                               std::chrono::nanoseconds ack_wait, std::int64_t now);

// The limit by which a message goes first, as far as is known, and after how long. nullopt: no limit removes any.
std::optional<EarlyDiscard> shortest_kept(const nlohmann::json &stream, std::int64_t now);

// The server's time as the answer has it; of a server that does not tell it, this host's.
std::int64_t now_of(const nlohmann::json &stream);

// The limits of the stream's configuration, to be compared with what they were.
std::string limits_of(const nlohmann::json &stream);

// max_age of the stream; 0: none.
std::chrono::nanoseconds max_age_of(const nlohmann::json &stream);

} // namespace jetcapture::host
