// The table that --once ends with.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace jetcapture::host {

struct Summary {
  std::string stream = {};
  std::string consumer = {};
  std::chrono::nanoseconds took{};
  std::uint64_t messages = 0;
  std::uint64_t acked = 0;
  std::uint64_t filtered = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t terminated = 0;
  std::uint64_t redeliveries = 0;
  std::uint64_t lost = 0;
  std::uint64_t possibly_lost = 0; // at most so many more
  std::uint64_t blocks = 0;
  std::uint64_t bytes_written = 0; // before compression
  std::uint64_t bytes_stored = 0;
  std::uint64_t store_failures = 0;
  std::uint64_t returned = 0;
  std::uint64_t unconfirmed = 0;
  std::string failure = {}; // empty: none
};

// Lines of a name and a figure; rows expected to be zero are shown only where they are not.
std::string summary_table(const Summary &summary);

} // namespace jetcapture::host
