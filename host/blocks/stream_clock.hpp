// What time it is where the stream is, as far as its messages tell: their timestamps are the server's.
//
// The host's clock may be behind the server's; by it alone the intervals of a quiet stream would end too late. One
// thread.
#pragma once

#include "blocks/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace jetcapture::host {

class StreamClock {
public:
  // A message of that time has come.
  void hear(std::int64_t timestamp, const Clock &clock) {
    if (timestamp <= newest_)
      return;
    newest_ = timestamp;
    heard_ = clock.now();
    behind_ = std::max(timestamp, clock.wall()) - clock.wall();
  }

  // Nanoseconds since 1970: the host's clock, or the newest timestamp and what has passed since, whichever is later.
  std::int64_t now(const Clock &clock) const {
    if (newest_ == INT64_MIN)
      return clock.wall();
    const std::int64_t passed = std::chrono::nanoseconds(clock.now() - heard_).count();
    return std::max(clock.wall(), newest_ > INT64_MAX - passed ? INT64_MAX : newest_ + passed);
  }

  // By how much the host's clock was behind when the newest message came; 0: it was not, as far as is known.
  std::chrono::nanoseconds behind() const { return std::chrono::nanoseconds(behind_); }

private:
  std::int64_t newest_ = INT64_MIN;
  std::int64_t behind_ = 0;
  Clock::time_point heard_{};
};

} // namespace jetcapture::host
