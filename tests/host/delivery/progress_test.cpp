#include "delivery/delivery.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

TEST_CASE("messages are in flight elsewhere only where hosts share a consumer") {
  Delivery::Progress progress;
  progress.not_acked = 10;
  CHECK(progress.elsewhere(7) == 3);
  CHECK(progress.elsewhere(12) == 0);
  progress.is_shared = false;
  CHECK(progress.elsewhere(7) == 0);
}
