#include "log/time_text.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace jetcapture::host;

TEST_CASE("a time that was written as text is read as it was, from the first to the last one that there is") {
  for (const std::int64_t time : {INT64_MIN, INT64_MIN + 1, std::int64_t{-1'000'000'000}, std::int64_t{-1},
                                  std::int64_t{0}, std::int64_t{1'764'000'000'123'456'789}, INT64_MAX})
    CHECK(time_of_text(time_text(time)) == time);
}

TEST_CASE("a time may have an offset and fewer digits, and what is no time is told") {
  CHECK(time_of_text("1970-01-01T00:00:01Z") == 1'000'000'000);
  CHECK(time_of_text("1970-01-01T00:00:01.5Z") == 1'500'000'000);
  CHECK(time_of_text("1970-01-01 02:00:01+02:00") == 1'000'000'000);
  CHECK(time_of_text("1969-12-31T23:00:00-01:30") == 1'800'000'000'000);
  for (const char *wrong :
       {"", "1970", "1970-01-01", "1970-01-01T00:00:01", "1970-02-30T00:00:00Z", "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z", "1970-01-01T25:00:00Z", "1970-01-01T00:00:01.Z", "1970-01-01T00:00:01.1234567890Z",
        "1970-01-01T00:00:01Zx", "9999-01-01T00:00:00Z", "1970-01-01T00:00:00+2:00"}) {
    CAPTURE(wrong);
    CHECK(time_of_text(wrong) == std::nullopt);
  }
}
