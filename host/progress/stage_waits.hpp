// Which stages have asked to wait (JETCAPTURE_RETRY of a decoder or writer), since when and why.
//
// Any thread. Noted when a message waits, never for one that goes its usual way.
#pragma once

#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace jetcapture::host {

class StageWaits {
public:
  using Clock = std::chrono::steady_clock;
  struct Wait {
    std::string stage;  // "decoder json"
    std::string reason; // what it said last
    std::uint64_t sequence = 0;
    Clock::time_point since{};
  };

  // The message waits, or still does. True: from now on.
  bool waits(std::uint64_t sequence, std::string stage, std::string reason);
  // It waits no more. How long it did; nullopt: it did not.
  std::optional<Clock::duration> ends(std::uint64_t sequence);

  bool any() const { return count_.load(std::memory_order_relaxed) > 0; }
  // The one that waits longest.
  std::optional<Wait> longest() const;

private:
  std::atomic<std::size_t> count_{0};
  mutable Mutex mutex_;
  std::map<std::uint64_t, Wait> waits_ GUARDED_BY(mutex_); // by sequence
};

} // namespace jetcapture::host
