// How long a message waits before it is decoded again, whose decoder or writer has asked to wait: longer each time.
#pragma once

#include "settings/settings.hpp"

#include <algorithm>
#include <chrono>

namespace jetcapture::host {

class RetryDelay {
public:
  // 50 ms at first and 5 s at last, or --retry-min and --retry-max where they are shorter.
  explicit RetryDelay(const Settings &settings)
      : next_(std::min<std::chrono::nanoseconds>(settings.retry_min, std::chrono::milliseconds(50))),
        longest_(std::min<std::chrono::nanoseconds>(settings.retry_max, std::chrono::seconds(5))) {}

  // The next delay.
  std::chrono::nanoseconds next() {
    const std::chrono::nanoseconds now = next_;
    next_ = std::min(2 * next_, longest_);
    return now;
  }

private:
  std::chrono::nanoseconds next_;
  std::chrono::nanoseconds longest_;
};

} // namespace jetcapture::host
