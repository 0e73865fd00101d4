// Which messages of a backup are to be read.
#pragma once

#include "delivery/whole_message.hpp"
#include "ledger/manifest.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct WantedMessages {
  std::uint64_t first_sequence = 0; // both included
  std::uint64_t last_sequence = std::numeric_limits<std::uint64_t>::max();
  std::int64_t from = std::numeric_limits<std::int64_t>::min(); // by the stream's time, nanoseconds since 1970
  std::int64_t to = std::numeric_limits<std::int64_t>::max();   // not included, but for the last possible one
  std::function<bool(std::string_view key)> key = {};           // of blocks, encoded; none: any
  std::string subject = {};                                     // with "*" and ">" as in NATS; empty: any
  // When the stream was created, of several of that name one after the other; nullopt: the newest one that has blocks.
  std::optional<std::int64_t> stream_created = {};

  // As far as the line tells.
  bool may_be_in(const BlockLine &line) const;
  bool has(const WholeMessage &message) const;
};

// As NATS matches subjects: "*" is one token, ">" at the end one or more.
bool subject_fits(std::string_view subject, std::string_view pattern);

} // namespace jetcapture::host
