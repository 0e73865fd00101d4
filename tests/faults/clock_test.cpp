// Clocks that are wrong: the host's, and those of whoever gives messages their times.
#include "faults/scene.hpp"
#include "faults/wrong_clock.hpp"

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE("a host whose clock is behind the server's stores a quiet stream") {
  if (skipped_without_wrong_clock())
    return;
  Delivery delivery = Delivery::shared;
  std::string offset = "-40s";
  SUBCASE("by 40 seconds") {}
  SUBCASE("by an hour") {
    offset = "-1h";
  }
  SUBCASE("by an hour, with ordered delivery") {
    delivery = Delivery::ordered;
    offset = "-1h";
  }
  Scene scene(delivery, 10min);
  scene.client->publish(300, over_three_subjects);
  run_by_wrong_clock(scene.host, offset);
  scene.host.start(scene.flags({"--max-age", "1s"}));
  CHECK_MESSAGE(eventually(20s, [&] { return scene.has_stored(300); }), scene.host.output());
  CHECK_FALSE_MESSAGE(scene.host.lines_with("clock").empty(), scene.host.output());
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(each_once(scene.host.sequences(), 300));
}

TEST_CASE("a host whose clock is ahead of the server's makes whole blocks of a quiet stream") {
  if (skipped_without_wrong_clock())
    return;
  Scene scene(each_delivery(), 10min);
  scene.client->publish(300, over_three_subjects);
  run_by_wrong_clock(scene.host, "+1h");
  scene.host.start(scene.flags({"--max-age", "1s"}));
  CHECK_MESSAGE(eventually(20s, [&] { return scene.has_stored(300); }), scene.host.output());
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(each_once(scene.host.sequences(), 300));
}

TEST_CASE("a clock that is set back while the host runs does not keep messages from being stored") {
  if (skipped_without_wrong_clock())
    return;
  Scene scene(each_delivery(), 10min);
  const std::string clock = scene.host.folder() / "clock";
  write_file(clock, "+0");
  run_by_clock_file(scene.host, clock);
  scene.host.start(scene.flags({"--max-age", "1s"}));
  scene.client->publish(300, over_three_subjects);
  REQUIRE_MESSAGE(eventually(20s, [&] { return scene.has_stored(300); }), scene.host.output());
  write_file(clock, "-1h");
  scene.client->publish(300, over_three_subjects);
  CHECK_MESSAGE(eventually(20s, [&] { return scene.has_stored(600); }), scene.host.output());
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(each_once(scene.host.sequences(), 600));
}

TEST_CASE("a message from the future does not hold its block or safe_sequence longer than max-age") {
  Scene scene(each_delivery(), 10min);
  // By their event time the first ten are an hour ahead of the stream.
  scene.client->publish(100, [](std::size_t i) {
    return Message{"s.a", i <= 10 ? "a@-3600" : i <= 20 ? "b@-3600,a" : "a"};
  });
  scene.host.start_watched(with_hard_plugins(scene.flags({"--max-age", "1s"})), to_several_keys);
  CHECK_MESSAGE(eventually(20s, [&] { return scene.has_stored(100); }), scene.host.output());
  CHECK(eventually(20s, [&] { return scene.host.metric("jetcapture_safe_sequence") == 100; }));
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
}
