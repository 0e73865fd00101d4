#include "log/line_limit.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;

TEST_CASE("so many lines come through in an interval, and the first of the next says how many did not") {
  LineLimit limit(3, 10s);
  const LineLimit::Clock::time_point begin{};
  for (int i = 0; i < 3; i++)
    CHECK(limit.admit(begin + i * 1s) == 0);
  for (int i = 0; i < 5; i++)
    CHECK_FALSE(limit.admit(begin + 3s + i * 1s));
  CHECK(limit.admit(begin + 10s) == 5);
  CHECK(limit.admit(begin + 11s) == 0);
}
