#include "terminal/figures.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;

TEST_CASE("counts have their thousands apart") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(1204331) == "1,204,331");
  CHECK(count_text(UINT64_MAX) == "18,446,744,073,709,551,615");
}

TEST_CASE("bytes are told in a unit that keeps them to four characters") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(1000) == "1.0 KiB");
  CHECK(bytes_text(13002342) == "12.4 MiB");
  CHECK(bytes_text(200.0 * (1 << 20)) == "200 MiB");
  CHECK(bytes_text(5e18) == "4547474 TiB");
}

TEST_CASE("durations are told in two units at most") {
  CHECK(short_duration(0s) == "0s");
  CHECK(short_duration(59999ms) == "59s");
  CHECK(short_duration(60s) == "1m");
  CHECK(short_duration(250s) == "4m10s");
  CHECK(short_duration(3h + 12min + 5s) == "3h12m");
  CHECK(short_duration(52h + 5min) == "2d4h");
}
