// The headers with which a message of a backup is published again.
#pragma once

#include "delivery/whole_message.hpp"

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
// Stands before the name of a header that would act once more (a rollup, an expiry, a deduplication), in place of its
// "Nats-": servers before 2.10 do not find a header whose name is a part of one before it (server/client.go,
// getHeader).
constexpr std::string_view was = "Jetcapture-Was-";

using Headers = std::vector<std::pair<std::string, std::string>>;

// Those of the message with the ones above, in this order: its own, which keep their values and, but for those that
// would act, their names; then where it is from.
Headers published_headers(const WholeMessage &message, const std::string &stream);

// The sequence that a published message had, by its header block. nullopt: it is not of that stream's restore.
std::optional<std::uint64_t> original_sequence(std::string block, const std::string &stream);

} // namespace jetcapture::host
