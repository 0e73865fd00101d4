// The seam to time: what the capture reads of clocks, so that a test can move them.
#pragma once

#include <chrono>
#include <cstdint>

namespace jetcapture::host {

class Clock {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;

  // [any-thread] Never steps: for all durations and deadlines.
  virtual time_point now() const = 0;
  // [any-thread] Nanoseconds since 1970, UTC. May step, and may differ from the server's: for people, never for
  // deadlines.
  virtual std::int64_t wall() const = 0;
};

class SystemClock final : public Clock {
public:
  time_point now() const override { return std::chrono::steady_clock::now(); }
  std::int64_t wall() const override {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

} // namespace jetcapture::host
