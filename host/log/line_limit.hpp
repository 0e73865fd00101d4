// Keeps lines of one kind from flooding the log: so many within an interval, the others are counted.
//
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace jetcapture::host {

class LineLimit {
public:
  using Clock = std::chrono::steady_clock;
  LineLimit(std::uint64_t lines, Clock::duration interval) : lines_(lines), interval_(interval) {}

  // How many were held back since the last interval, to be said with this line; nullopt: hold this one back.
  std::optional<std::uint64_t> admit(Clock::time_point now = Clock::now());

private:
  const std::uint64_t lines_;
  const Clock::duration interval_;
  std::mutex mutex_;
  std::optional<Clock::time_point> begin_; // of the interval
  std::uint64_t admitted_ = 0;             // in it
  std::uint64_t held_back_ = 0;
};

} // namespace jetcapture::host
