// A clock that stands still until the test moves it. Any thread.
#pragma once

#include "blocks/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace jetcapture::test {

class FakeClock final : public host::Clock {
public:
  FakeClock() = default;
  // One that goes on from where the other stands.
  FakeClock(const FakeClock &other) : steady_(other.steady_.load()), wall_(other.wall_.load()) {}
  FakeClock &operator=(const FakeClock &) = delete;

  time_point now() const override { return time_point(std::chrono::nanoseconds(steady_)); }
  std::int64_t wall() const override { return wall_; }

  void advance(std::chrono::nanoseconds by) {
    steady_ += by.count();
    wall_ += by.count();
  }
  // Somebody sets the host's clock.
  void step_wall(std::chrono::nanoseconds by) { wall_ += by.count(); }

private:
  std::atomic<std::int64_t> steady_ = std::chrono::nanoseconds(std::chrono::hours(1)).count();
  std::atomic<std::int64_t> wall_ = std::chrono::nanoseconds(std::chrono::hours(500'000)).count();
};

} // namespace jetcapture::test
