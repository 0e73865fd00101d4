// Which sequences a stream has, by a consumer of its own that gets headers only, acks nothing and is removed
// afterwards.
//
// STREAM.INFO with deleted_details would have the server sort all gaps in memory, and a direct get may be answered by a
// replica that lags.
#pragma once

#include "nats/connection.hpp"
#include "nats/jetstream.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace jetcapture::host {

struct SequenceRequest {
  std::string stream;
  std::vector<std::string> filter_subjects; // empty: all messages
  std::uint64_t first = 1;
  std::uint64_t last = 0; // both included
};

// [may block] take: is given each sequence once, ascending. Goes on where it was after a reconnect. Throws ApiError,
// NoAnswer: then not all were given.
void list_sequences(Connection &connection, JetStream &jetstream, const std::string &inbox_prefix,
                    const SequenceRequest &request, const std::function<void(std::uint64_t sequence)> &take);

} // namespace jetcapture::host
