// A start that acks what earlier runs have stored.
#include "host/core/capture_run.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// Three messages, each in a block of its own, are stored and not acked when the host is killed.
struct Unacked {
  Unacked() {
    world.store_kind = FakeStore::Kind::complete;
    CaptureRun run(world);
    world.publish({"a", "b", "c"});
    run.turn(16min);
    run.turn(16min);
    run.wait_for_stores();
  }
  World world;
};

} // namespace

TEST_CASE("a message that comes again while its block of an earlier run is acked counts as acked once") {
  Unacked unacked;
  unacked.world.clock.advance(2h); // their ack_wait is over
  CaptureRun run(unacked.world);
  run.turn();
  run.confirm();
  run.turn();
  run.confirm();
  CHECK(unacked.world.server.all_acked());
  CHECK(run.counters.acked == 3);
  CHECK(run.counters.in_flight == 0);
  CHECK(run.end().failure.empty());
}

TEST_CASE("what a recreated consumer has not delivered is acked when it comes, not before") {
  for (const bool loses_state : {false, true}) {
    CAPTURE(loses_state);
    Unacked unacked;
    unacked.world.server.recreate_consumer();
    if (loses_state)
      unacked.world.lose_state("second");
    CaptureRun run(unacked.world);
    for (int i = 0; i < 4; i++)
      run.confirm();
    CHECK(unacked.world.server.early_acks() == 0);
    CHECK(unacked.world.server.all_acked());
    CHECK(run.counters.acked == 3);
    CHECK(run.end().failure.empty());
    for (const auto &[part, count] : unacked.world.store.parts())
      CHECK(count == 1);
  }
}

TEST_CASE("a host without its state directory asks a server that does not answer again whether the stream is the one "
          "that was captured") {
  Unacked unacked;
  unacked.world.lose_state("second");
  unacked.world.stream_created = "2026-01-01T00:00:01Z"; // it was edited, and the server has restarted
  unacked.world.unanswered = 5;
  unacked.world.clock.advance(2h); // their ack_wait is over
  CaptureRun run(unacked.world);
  for (int i = 0; i < 4; i++)
    run.confirm();
  CHECK(run.end().failure.empty());
  CHECK(unacked.world.server.all_acked());
  for (const auto &[part, count] : unacked.world.store.parts())
    CHECK(count == 1);
}
