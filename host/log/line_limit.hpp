// Keeps lines of one kind from flooding the log: so many within an interval, the others are counted.
//
// Any thread.
#pragma once

#include "threads/mutex.hpp"

#include <chrono>
#include <cstdint>
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
  Mutex mutex_;
  std::optional<Clock::time_point> begin_ GUARDED_BY(mutex_); // of the interval
  std::uint64_t admitted_ GUARDED_BY(mutex_) = 0;             // in it
  std::uint64_t held_back_ GUARDED_BY(mutex_) = 0;
};

} // namespace jetcapture::host
