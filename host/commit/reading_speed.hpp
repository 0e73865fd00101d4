// How fast a run reads its stream, by the fastest second that it has had: to tell how long reading some of it again
// would take. One thread.
#pragma once

#include "blocks/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace jetcapture::host {

class ReadingSpeed {
public:
  explicit ReadingSpeed(Clock::time_point now) : since_(now) {}

  // So many messages have been read in all.
  void note(std::uint64_t messages, Clock::time_point now) {
    const std::chrono::duration<double> took = now - since_;
    if (took < std::chrono::seconds(1))
      return;
    best_ = std::max(best_, static_cast<double>(messages - seen_) / took.count());
    seen_ = messages;
    since_ = now;
  }
  // At that speed. A run that has read nothing yet for a second knows none, and says that it takes for ever.
  std::chrono::nanoseconds time_for(std::uint64_t messages) const {
    if (messages == 0)
      return std::chrono::nanoseconds(0);
    const double seconds = best_ > 0 ? static_cast<double>(messages) / best_ : longest_seconds;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(seconds, longest_seconds) * 1e9));
  }

private:
  static constexpr double longest_seconds = 1e9;
  Clock::time_point since_;
  std::uint64_t seen_ = 0;
  double best_ = 0; // messages a second
};

} // namespace jetcapture::host
