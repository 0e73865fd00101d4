// How often and how long a store is asked.
#pragma once

#include <chrono>

namespace jetcapture::host {

struct StoreRetry {
  std::chrono::nanoseconds shortest; // from one attempt to the next
  std::chrono::nanoseconds longest;
  std::chrono::nanoseconds timeout; // of one put
};

} // namespace jetcapture::host
