// What the configuration of a restored stream is, as pure functions over that of the stream that was backed up.
//
// It has two: one to be restored into, in which nothing acts on its messages or on others, and after all messages are
// proven to be there the one with which it goes live. What a server can't change later (server/stream.go,
// configUpdateCheck) is in both.
#pragma once

#include "restore/restore_mark.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

struct RestoreTarget {
  std::string stream;                     // its name
  std::vector<std::string> subjects = {}; // empty: those of the stream that was backed up
  int replicas = 0;                       // 0: as many as that stream had
};

// Without limits, on the private subject of the mark.
nlohmann::json configuration_meanwhile(const nlohmann::json &original, const RestoreTarget &target,
                                       const RestoreMark &mark, bool has_metadata);

// The messages as they are in the restored stream.
struct RestoredMessages {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;             // as the server counts them
  std::int64_t first_timestamp = 0;    // of the oldest message, nanoseconds since 1970
  std::uint64_t most_of_a_subject = 0; // 0: not known
  std::uint64_t with_ttl = 0;          // they have a Nats-TTL header
};

struct LiveConfiguration {
  std::string json;
  std::vector<std::string> left_out; // a sentence each: what it does not have or has other than it was, and why
};
// Never one that removes restored messages, or has them act once more. now: of the server, nanoseconds since 1970.
LiveConfiguration configuration_to_go_live(const nlohmann::json &original, const RestoreTarget &target,
                                           const RestoredMessages &messages, std::int64_t now);

// Whether clients know the stream as a key-value bucket or an object store (ADR-8, ADR-20): by its name, which is in
// the subjects of its messages, too.
bool is_bucket(const nlohmann::json &original);

// The configuration of a consumer of the stream, as it is made again. start_sequence: of the first message that it has
// not yet acked; 0: not known.
nlohmann::json restored_consumer(nlohmann::json original, std::uint64_t start_sequence);
// Whether it outlives its readers: others are not made again.
bool is_durable(const nlohmann::json &consumer);

} // namespace jetcapture::host
