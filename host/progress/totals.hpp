// What one capture after the other has counted in the same process: --parallel-backlog makes one for each claim.
#pragma once

#include "progress/counters.hpp"

#include <cstdint>

namespace jetcapture::host {

struct Totals {
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;
  std::uint64_t rows = 0;
  std::uint64_t redeliveries = 0;
  std::uint64_t filtered = 0;
  std::uint64_t bad = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t terminated = 0;
  std::uint64_t lost = 0;
  std::uint64_t possibly_lost = 0; // at most so many more
  std::uint64_t acked = 0;
  std::uint64_t blocks_stored = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_stored = 0;
  std::uint64_t store_failures = 0;
  std::uint64_t notifications = 0;
  std::uint64_t notification_failures = 0;

  // Those of that capture are added.
  Totals with(const Counters &counters) const;
};

} // namespace jetcapture::host
