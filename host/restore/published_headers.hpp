// The headers with which a message of a backup is published again.
#pragma once

#include "delivery/whole_message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::host {

// Of the message in the stream that was backed up.
constexpr const char *original_stream_header = "Jetcapture-Stream";
constexpr const char *original_sequence_header = "Jetcapture-Sequence";
constexpr const char *original_timestamp_header = "Jetcapture-Timestamp";
constexpr const char *chosen_header = "Jetcapture-Chosen"; // where not all of its messages are published
// Stands before the name of a header that would act once more (a rollup, an expiry, a deduplication), in place of its
// "Nats-": servers before 2.10 do not find a header whose name is a part of one before it (server/client.go,
// getHeader).
constexpr std::string_view was = "Jetcapture-Was-";

using Headers = std::vector<std::pair<std::string, std::string>>;

// Which messages are published.
struct Origin {
  std::string stream;
  std::string chosen = {}; // what chose some of its messages, as text; empty: all
};

// Those of the message with the ones above, in this order: its own, which keep their values and, but for those that
// would act, their names; then where it is from.
Headers published_headers(const WholeMessage &message, const Origin &origin);

struct OriginalMessage {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0; // nanoseconds since 1970
  bool operator==(const OriginalMessage &) const = default;
};
// What a published message was, by its header block. nullopt: it has another origin, or is not published so.
std::optional<OriginalMessage> original_message(std::string block, const Origin &origin);

} // namespace jetcapture::host
