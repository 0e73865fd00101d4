#include "host/core/capture_run.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

void check_stored_once(const World &world, std::size_t parts) {
  for (const std::string &broken : world.broken())
    CHECK_MESSAGE(false, broken);
  CHECK(world.server.all_acked());
  CHECK(world.store.parts().size() == parts);
  for (const auto &[part, count] : world.store.parts())
    CHECK(count == 1);
}

} // namespace

TEST_CASE(
    "two captures of two streams run side by side in one process, each with its own messages, blocks and figures") {
  World worlds[2];
  CaptureRun first(worlds[0], CaptureRun::settings(), {}, "FIRST");
  CaptureRun second(worlds[1], CaptureRun::settings(), {}, "SECOND");
  for (int i = 0; i < 20; i++) {
    worlds[0].publish({"a", "a b", "BAD"});
    worlds[1].publish({"c", "c!bad"});
    first.turn(1min);
    second.turn(2min);
  }
  first.confirm();
  second.confirm();
  CHECK(first.end().failure.empty());
  // The other goes on after its neighbour has ended.
  worlds[1].publish({"c"});
  second.turn();
  CHECK(second.end().failure.empty());
  check_stored_once(worlds[0], 60);
  check_stored_once(worlds[1], 21);
  CHECK(first.counters.messages == 60);
  CHECK(first.counters.quarantined == 20);
  CHECK(second.counters.messages == 41);
  CHECK(second.counters.quarantined == 20);
  for (const auto &[name, bytes] : worlds[0].store.objects())
    CHECK(name.find("/FIRST-") != std::string::npos);
  for (const auto &[name, bytes] : worlds[1].store.objects())
    CHECK(name.find("/SECOND-") != std::string::npos);
}

TEST_CASE("a capture whose store fails, hangs or can't go on holds up no capture beside it") {
  World broken, whole;
  broken.store.answer(JETCAPTURE_FATAL, "the account is closed");
  std::optional<CaptureRun> failing(std::in_place, broken, CaptureRun::settings(), CaptureRun::Step(), "FAILING");
  CaptureRun beside(whole, CaptureRun::settings(), {}, "BESIDE");
  broken.publish({"a"});
  failing->turn(1min);
  failing->delivery.let_go();
  broken.clock.advance(16min);
  REQUIRE(broken.store.wait_for_answers(1));
  whole.publish({"a", "b"});
  beside.turn(16min);
  beside.turn(16min);
  beside.confirm();
  CHECK(whole.server.all_acked());
  broken.store.hold();
  failing.reset(); // as by two signals
  whole.publish({"a"});
  beside.turn();
  CHECK(beside.end().failure.empty());
  check_stored_once(whole, 3);
  CHECK(broken.store.objects().empty());
  // What the one warned of stands in no log of the other.
  CHECK(beside.log.recent().empty());
}
