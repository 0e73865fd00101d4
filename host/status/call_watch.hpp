// How long calls into plug-ins have lasted, seen from outside: nothing on their way reads a clock.
//
// One thread at a time.
#pragma once

#include "plugins/call_record.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace jetcapture::host {

// lasts: since it was first seen.
struct LongCall {
  CallInProgress at;
  std::chrono::steady_clock::duration lasts;
};

class CallWatch {
public:
  using Clock = std::chrono::steady_clock;
  explicit CallWatch(const CallRecord &calls) : calls_(calls) {}

  // The calls in progress, longest first.
  std::vector<LongCall> look(Clock::time_point now);

private:
  struct Seen {
    std::uint64_t entered;
    Clock::time_point since;
  };
  const CallRecord &calls_;
  std::map<std::size_t, Seen> seen_; // by thread
};

} // namespace jetcapture::host
