// A clock that stands still until the test moves it.
#pragma once

#include "blocks/clock.hpp"

#include <chrono>
#include <cstdint>

namespace jetcapture::test {

class FakeClock final : public host::Clock {
public:
  time_point now() const override { return time_point(steady_); }
  std::int64_t wall() const override { return wall_.count(); }

  void advance(std::chrono::nanoseconds by) {
    steady_ += std::chrono::duration_cast<time_point::duration>(by);
    wall_ += by;
  }

private:
  time_point::duration steady_ = std::chrono::hours(1);
  std::chrono::nanoseconds wall_ = std::chrono::hours(500'000);
};

} // namespace jetcapture::test
