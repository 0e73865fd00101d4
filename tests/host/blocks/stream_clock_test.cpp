#include "blocks/stream_clock.hpp"
#include "host/core/fake_clock.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;
using jetcapture::test::FakeClock;

TEST_CASE("the stream's time is the later one of the host's and its newest message's, which goes on") {
  FakeClock clock;
  StreamClock stream;
  CHECK(stream.now(clock) == clock.wall());
  stream.hear(clock.wall() - 5, clock);
  CHECK(stream.now(clock) == clock.wall());
  CHECK(stream.behind() == 0ns);
  stream.hear(clock.wall() + 70, clock);
  CHECK(stream.behind() == 70ns);
  clock.advance(30ns);
  CHECK(stream.now(clock) == clock.wall() + 70);
  stream.hear(clock.wall(), clock); // an older message: nothing is learnt of it
  CHECK(stream.now(clock) == clock.wall() + 70);
  CHECK(stream.behind() == 70ns);
}

TEST_CASE("the stream's time goes on to the end of time and no further") {
  FakeClock clock;
  StreamClock stream;
  stream.hear(INT64_MIN + 1, clock);
  CHECK(stream.behind() == 0ns);
  CHECK(stream.now(clock) == clock.wall());
  stream.hear(INT64_MAX - 10, clock);
  clock.advance(1h);
  CHECK(stream.now(clock) == INT64_MAX);
}
