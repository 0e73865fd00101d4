// Whether a stream keeps its messages for long enough, as pure functions over the answer of STREAM.INFO.
//
// A message is safe once it is stored: at the latest so long after it was delivered as it can be in flight. A host that
// dies gets its messages again after ack_wait, and holds them anew.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace jetcapture::host {

// A limit of the stream that takes messages away before they are sure to be stored.
struct EarlyDiscard {
  std::string limit;                // "max_age 1h"
  std::chrono::nanoseconds keeps{}; // for so long a message is in the stream
  bool certain = false;             // false: an estimate of which not enough is known to refuse
};

// now: nanoseconds since 1970. nullopt: the stream keeps messages for hold and ack_wait together, or loses none
// (discard new).
std::optional<EarlyDiscard> find_early_discard(const nlohmann::json &stream, std::chrono::nanoseconds hold,
                                               std::chrono::nanoseconds ack_wait, std::int64_t now);

// The limits of the stream's configuration, to be compared with what they were.
std::string limits_of(const nlohmann::json &stream);

// max_age of the stream; 0: none.
std::chrono::nanoseconds max_age_of(const nlohmann::json &stream);

} // namespace jetcapture::host
