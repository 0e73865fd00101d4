#include "host/core/capture_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <climits>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// Each part is stored once, and nothing was acked that is not stored whole.
void check_stored_once(const World &world, std::size_t parts) {
  for (const std::string &broken : world.broken())
    CHECK_MESSAGE(false, broken);
  CHECK(world.store.parts().size() == parts);
  for (const auto &[part, count] : world.store.parts())
    CHECK(count == 1);
}

void publish_many(World &world, const std::string &message, int count) {
  for (int i = 0; i < count; i++)
    world.publish({message});
}

bool eventually(const std::function<bool()> &condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition() && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  return condition();
}

Settings once() {
  Settings settings = CaptureRun::settings();
  settings.once = true;
  return settings;
}

// Turns until it has ended, for so long of its own time.
bool ends_within(CaptureRun &run, std::chrono::nanoseconds time) {
  for (; time > 0ns && !run.delivery.has_ended(); time -= 100ms) {
    run.turn(100ms);
    run.wait_for_stores();
    run.delivery.exchange(UINT64_MAX);
  }
  return run.delivery.has_ended();
}

} // namespace

TEST_CASE(
    "messages go into blocks, blocks into the store, and acks to the server, and a redelivery meanwhile is dropped") {
  World world;
  world.server.ack_wait = 30s;
  world.publish({"a", "a b", ""});
  CaptureRun run(world);
  run.turn();
  CHECK(run.counters.messages == 3);
  CHECK(run.counters.redeliveries == 0);
  run.turn(31s);
  run.turn();
  CHECK(run.counters.redeliveries == 3);
  run.turn(16min);
  run.confirm();
  CHECK(world.server.all_acked());
  CHECK(run.counters.in_flight == 0);
  check_stored_once(world, 3);
  const CaptureEnd end = run.end();
  CHECK(end.failure.empty());
  CHECK(end.returned + end.unconfirmed == 0);
}

TEST_CASE("a message of several keys is acked with the last of its blocks, in whatever order they are stored") {
  for (const std::string slow : {"a/", "b/"}) {
    World world;
    Settings settings = CaptureRun::settings();
    settings.store_threads = 2;
    world.publish({"a b", slow == "a/" ? "b" : "a"});
    world.store.hold(slow);
    CaptureRun run(world, settings);
    run.turn();
    run.turn(16min);
    REQUIRE(eventually([&] {
      run.delivery.exchange(UINT64_MAX);
      run.turn();
      return run.counters.acked == 1;
    }));
    CHECK(world.server.ack_floor() == 0);
    world.store.release();
    run.confirm();
    CHECK(world.server.all_acked());
    CHECK(run.counters.acking_blocks == 0);
    check_stored_once(world, 3);
  }
}

TEST_CASE("when messages in flight use up the ack budget, the largest blocks end early and no others") {
  World world;
  world.server.max_ack_pending = 100;
  publish_many(world, "b", 15);
  publish_many(world, "c", 5);
  publish_many(world, "a", 260);
  CaptureRun run(world);
  run.turn();
  CHECK(run.sealed(SealReason::ack_budget) == 1);
  CHECK(run.counters.open_blocks == 2);
  CHECK(run.counters.messages == 100);
  CHECK(run.log.recent().size() == 1);
  for (int i = 0; i < 20; i++)
    run.confirm();
  CHECK(run.counters.messages == 280);
  run.end();
  check_stored_once(world, 280);
  CHECK(world.store.objects().size() <= 8);
}

TEST_CASE("when other hosts use up the ack budget, blocks here end early, now and then, and only while messages wait") {
  World world;
  publish_many(world, "a", 30);
  publish_many(world, "b", 10);
  CaptureRun run(world);
  run.turn();
  Delivery::Progress used_up;
  used_up.not_acked = world.server.max_ack_pending;
  run.hear(used_up);
  run.turn(2s);
  CHECK(run.sealed(SealReason::ack_budget) == 0); // nothing waits
  used_up.not_delivered = 1;
  run.hear(used_up);
  run.turn(20ms);
  CHECK(run.sealed(SealReason::ack_budget) == 1);
  run.turn(1s);
  CHECK(run.sealed(SealReason::ack_budget) == 1);
  run.turn(1s);
  CHECK(run.sealed(SealReason::ack_budget) == 2);
  publish_many(world, "a", 3);
  run.turn(20s); // what was heard is old
  run.turn(2s);
  CHECK(run.sealed(SealReason::ack_budget) == 2);
  run.end();
  check_stored_once(world, 43);
}

TEST_CASE("above the memory limit bytes go to the spool, and no block ends") {
  World world;
  Settings settings = CaptureRun::settings();
  settings.memory_limit = 1 << 20;
  publish_many(world, "a#500000", 10);
  publish_many(world, "b#500000", 10);
  CaptureRun run(world, settings);
  run.turn();
  REQUIRE(eventually([&] {
    run.turn();
    return run.counters.memory <= settings.memory_limit;
  }));
  CHECK(run.spool.used() >= 8'000'000);
  CHECK(run.counters.open_blocks == 2);
  run.end();
  CHECK(run.sealed(SealReason::drain) == 2);
  check_stored_once(world, 20);
}

TEST_CASE("above the memory limit, with a full spool, the largest block ends, pulling pauses, and goes on once it is "
          "stored") {
  World world;
  Settings settings = CaptureRun::settings();
  settings.memory_limit = 1 << 20;
  settings.spool_limit = 1;
  world.store.hold();
  CaptureRun run(world, settings);
  publish_many(world, "b#100000", 3);
  publish_many(world, "a#1000000", 40);
  run.delivery.begin_turn();
  REQUIRE(world.store.wait_for_puts(1));
  CHECK(eventually([&] { return run.counters.paused.load(); }));
  CHECK(run.sealed(SealReason::memory) == 1);
  CHECK(run.counters.store.snapshot().waiting == 0);
  world.store.release();
  REQUIRE(run.delivery.end_turn());
  CHECK(run.counters.paused == false);
  run.turn();
  CHECK(run.counters.messages == 43);
  CHECK(run.sealed(SealReason::memory) == 1);
  CHECK(run.log.recent().size() == 1);
  run.end();
  check_stored_once(world, 43);
}

TEST_CASE("what has come when the capture is told to stop is stored and acked") {
  World world;
  CaptureRun run(world);
  publish_many(world, "a b", 10);
  const CaptureEnd end = run.end();
  CHECK(end.returned + end.unconfirmed == 0);
  CHECK(end.failure.empty());
  CHECK(run.sealed(SealReason::drain) == 2);
  CHECK(world.server.all_acked());
  check_stored_once(world, 20);
}

TEST_CASE("at a second signal what is not stored goes back to the stream, and the next run stores it once") {
  World world;
  {
    CaptureRun run(world);
    publish_many(world, "a b", 10);
    run.signal(2);
    const CaptureEnd end = run.wait_for_end();
    CHECK(end.returned == 10);
    CHECK(end.unconfirmed == 0);
    CHECK(end.failure.empty());
    CHECK(run.counters.in_flight == 0);
  }
  CHECK(world.store.objects().empty());
  CHECK(world.server.pending() == 0);
  CaptureRun next(world);
  next.end();
  CHECK(world.server.all_acked());
  check_stored_once(world, 20);
}

TEST_CASE("a second signal ends a drain whose store hangs, and the next run stores what that had in its hands") {
  World world;
  world.store.hold();
  publish_many(world, "a", 5);
  {
    CaptureRun run(world);
    run.turn();
    run.signal(1);
    run.delivery.let_go();
    REQUIRE(world.store.wait_for_puts(1));
    run.signal(2);
    const CaptureEnd end = run.wait_for_end();
    CHECK(end.returned + end.unconfirmed == 5);
  }
  CHECK(world.store.objects().empty());
  world.store.release();
  CaptureRun next(world);
  next.turn();
  next.end();
  CHECK(world.server.all_acked());
  check_stored_once(world, 5);
}

TEST_CASE("a drain ends when its time is over, and what no store has taken goes back to the stream") {
  World world;
  Settings settings = CaptureRun::settings();
  settings.retry_min = settings.retry_max = 1h;
  world.store.answer(JETCAPTURE_RETRY, "no connection");
  publish_many(world, "a b", 5);
  CaptureRun run(world, settings);
  run.turn();
  run.signal(1);
  run.delivery.let_go();
  REQUIRE(world.store.wait_for_answers(2));
  REQUIRE(eventually([&] { return run.counters.phase == Phase::draining; }));
  world.clock.advance(settings.drain_timeout + 1s);
  const CaptureEnd end = run.wait_for_end();
  CHECK(end.returned == 5);
  CHECK(end.unconfirmed == 0);
  CHECK(world.server.pending() == 0);
}

TEST_CASE("a store that can't go on ends the capture with its reason, and what is not stored goes back to the stream") {
  World world;
  world.store.answer(JETCAPTURE_FATAL, "the account is closed");
  publish_many(world, "a", 5);
  CaptureRun run(world);
  run.turn();
  run.turn(16min);
  REQUIRE(world.store.wait_for_answers(1));
  run.signal(0);
  CHECK(eventually([&] {
    run.turn();
    return run.delivery.has_ended() || run.counters.phase == Phase::draining;
  }));
  const CaptureEnd end = run.wait_for_end(); // at once: nothing is tried again
  CHECK(end.failure == "the store can't go on: the account is closed");
  CHECK(end.returned == 5);
  CHECK(world.store.puts().size() == 1);
}

TEST_CASE("a message that stops the capture goes back to the stream, and all others are stored") {
  World world;
  CaptureRun run(world);
  world.publish({"a", "a FATAL", "a"});
  const CaptureEnd end = run.wait_for_end();
  CHECK(end.failure.find("message 2 stopped the capture") == 0);
  CHECK(end.returned == 2);
  CHECK(end.unconfirmed == 0);
  check_stored_once(world, 1);
}

TEST_CASE("a block that its writer can't finish ends the capture at once, and its messages go back to the stream") {
  enum class Ended { by_next_interval, by_its_last_message, by_drain };
  for (const Ended ended : {Ended::by_next_interval, Ended::by_its_last_message, Ended::by_drain}) {
    CAPTURE(static_cast<int>(ended));
    World world;
    Settings settings = CaptureRun::settings();
    settings.max_messages = ended == Ended::by_its_last_message ? 3 : 0;
    CaptureRun run(world, settings);
    world.publish({"a!unfinished", "b", "a b"});
    run.turn();
    if (ended == Ended::by_next_interval)
      world.clock.advance(15min);
    if (ended == Ended::by_its_last_message)
      world.publish({"a b c"});
    if (ended == Ended::by_next_interval)
      world.publish({"b"}); // it is taken, and ends the blocks before it goes into one
    const CaptureEnd end = ended == Ended::by_drain ? run.end() : run.wait_for_end();
    CHECK(end.failure == "the writer can't finish a block (fatal): the block can't be finished");
    CHECK(end.unconfirmed == 0);
    CHECK(end.returned + run.counters.acked == world.server.last_sequence());
    CHECK(world.server.pending() == 0);
    CHECK(world.broken().empty());
  }
}

TEST_CASE("bad messages are quarantined and acked, or terminated") {
  for (const OnDecodeError what : {OnDecodeError::quarantine, OnDecodeError::term}) {
    World world;
    Settings settings = CaptureRun::settings();
    settings.on_decode_error = what;
    world.publish({"a", "a BAD", "b!bad BAD"});
    CaptureRun run(world, settings);
    run.turn();
    run.end();
    CHECK(world.server.all_acked());
    CHECK(run.counters.bad == 2);
    CHECK(run.counters.quarantined == (what == OnDecodeError::quarantine ? 2 : 0));
    CHECK(run.counters.terminated == (what == OnDecodeError::term ? 2 : 0));
    check_stored_once(world, 1);
  }
}

TEST_CASE("a stream that has lost its end: both messages of one sequence are stored, in blocks of their own") {
  World world;
  world.publish({"a", "a", "a"});
  CaptureRun run(world);
  run.turn(1s);
  world.server.restart(0s, 2);
  world.publish({"a", "a"});
  run.turn(1s);
  CHECK(run.sealed(SealReason::stream_reset) == 1);
  for (int i = 0; i < 4; i++)
    run.confirm();
  run.end();
  CHECK(world.server.all_acked());
  check_stored_once(world, 5);
}

TEST_CASE("--once ends with all that the stream had at the start, and does not wait for what comes later") {
  World world;
  publish_many(world, "a b", 20);
  CaptureRun run(world, once());
  run.delivery.acks_flow = true;
  for (int i = 0; i < 100 && !run.delivery.has_ended(); i++) {
    world.publish({"c"});
    run.turn(100ms);
    run.wait_for_stores();
    run.delivery.exchange(UINT64_MAX);
  }
  REQUIRE(run.delivery.has_ended());
  const CaptureEnd end = run.wait_for_end();
  CHECK(end.complete);
  CHECK(end.returned + end.unconfirmed == 0);
  CHECK(world.server.ack_floor() >= 20);
  CHECK(run.sealed(SealReason::once) >= 2);
  for (const std::string &broken : world.broken())
    CHECK_MESSAGE(false, broken);
}

TEST_CASE("--once of an empty stream ends at once") {
  World world;
  CaptureRun run(world, once());
  CHECK(ends_within(run, 1s));
  CHECK(run.wait_for_end().complete);
}

TEST_CASE("--once waits for a message that another client has in flight, until that acks it") {
  World world;
  world.publish({"", "a", "a"});
  REQUIRE(world.server.deliver()->sequence == 1);
  CaptureRun run(world, once());
  CHECK_FALSE(ends_within(run, 10s));
  CHECK(world.store.parts().size() == 2); // its own are not kept back
  world.server.ack(1);
  CHECK(ends_within(run, 2s));
  CHECK(run.wait_for_end().complete);
  check_stored_once(world, 2);
}

TEST_CASE("--once captures a message that another client had in flight, once its ack_wait is over") {
  World world;
  world.server.ack_wait = 30s;
  world.publish({"a", "a", "a"});
  REQUIRE(world.server.deliver()->sequence == 1);
  CaptureRun run(world, once());
  CHECK_FALSE(ends_within(run, 29s));
  REQUIRE(ends_within(run, 5s));
  CHECK(run.wait_for_end().complete);
  check_stored_once(world, 3);
}

TEST_CASE("--once that is stopped before its end is not complete") {
  World world;
  world.publish({"a", "a"});
  REQUIRE(world.server.deliver()->sequence == 1);
  CaptureRun run(world, once());
  run.turn();
  const CaptureEnd end = run.end();
  CHECK_FALSE(end.complete);
  CHECK(end.returned + end.unconfirmed == 0);
  check_stored_once(world, 1);
}

TEST_CASE("several pipelines store each message once, and intervals end when all of them are behind") {
  World world;
  Settings settings = CaptureRun::settings();
  settings.pipelines = 3;
  world.server.max_ack_pending = 10'000;
  CaptureRun run(world, settings);
  for (int interval = 0; interval < 4; interval++) {
    publish_many(world, "a b", 300);
    publish_many(world, "a BAD", 2);
    world.clock.advance(15min);
  }
  run.turn();
  run.end();
  CHECK(world.server.all_acked());
  check_stored_once(world, 4 * 600);
  CHECK(world.store.objects().size() == 12);
}

namespace {

// The clock goes on until it is so, while the capture waits for a stage and asks for no message.
bool in_time(World &world, const std::function<bool()> &condition) {
  return eventually([&] {
    world.clock.advance(20ms);
    std::this_thread::sleep_for(1ms);
    return condition();
  });
}

} // namespace

TEST_CASE(
    "while a decoder asks to wait its message holds the line, and what was taken before is sealed, stored, acked and "
    "kept alive") {
  World world;
  world.server.ack_wait = 30s;
  CaptureRun run(world);
  world.publish({"a"});
  run.turn();
  ask_to_wait(INT_MAX);
  world.publish({"b LATER", "c"});
  run.delivery.begin_turn();
  REQUIRE(in_time(world, [&] { return run.counters.waits.any(); }));
  world.clock.advance(16min);
  REQUIRE(in_time(world, [&] {
    run.delivery.exchange(UINT64_MAX);
    const std::lock_guard lock(world.mutex);
    return world.server.ack_floor() == 1 && run.counters.keep_alives > 0;
  }));
  CHECK(run.counters.messages == 2);
  check_stored_once(world, 1);
  const auto beat = run.counters.last_beat.load();
  REQUIRE(in_time(world, [&] { return run.counters.last_beat.load() != beat; }));
  CHECK(run.counters.waits.longest()->sequence == 2);

  ask_to_wait(0);
  world.clock.advance(5s);
  REQUIRE(in_time(world, [&] { return !run.counters.waits.any(); }));
  REQUIRE(run.delivery.end_turn());
  run.turn(16min);
  run.confirm();
  CHECK(world.server.all_acked());
  check_stored_once(world, 3);
  CHECK(run.counters.bad == 0);
}

TEST_CASE(
    "a host that is stopped while a message waits for its writer returns it and those behind it to the stream, and "
    "stores the rest") {
  for (const std::uint32_t pipelines : {1, 2}) {
    CAPTURE(pipelines);
    World world;
    Settings settings = CaptureRun::settings();
    settings.pipelines = pipelines;
    {
      CaptureRun run(world, settings);
      world.publish({"a"});
      run.turn();
      REQUIRE(eventually([&] {
        if (pipelines > 1)
          run.turn();
        return run.counters.rows == 1;
      }));
      ask_to_wait(INT_MAX);
      world.publish({"b!later"});
      run.delivery.begin_turn();
      REQUIRE(in_time(world, [&] { return run.counters.waits.any(); }));
      world.publish({"c"});
      const CaptureEnd end = run.end();
      CHECK(end.failure.empty());
      CHECK(end.returned == 1);
      // Other pipelines take what has come; with one alone all of it stays behind.
      check_stored_once(world, pipelines);
    }
    ask_to_wait(0);
    CaptureRun next(world, settings);
    next.end();
    check_stored_once(world, 3);
    CHECK(world.server.all_acked());
  }
}

TEST_CASE("with several pipelines the others go on while one waits for its stage") {
  World world;
  Settings settings = CaptureRun::settings();
  settings.pipelines = 2;
  CaptureRun run(world, settings);
  ask_to_wait(INT_MAX);
  world.publish({"b LATER", "a", "a"});
  REQUIRE(eventually([&] {
    run.turn();
    return run.counters.rows == 2;
  }));
  CHECK(run.counters.waits.longest()->sequence == 1);
  ask_to_wait(0);
  REQUIRE(eventually([&] {
    run.turn();
    return run.counters.rows == 3;
  }));
  CHECK_FALSE(run.counters.waits.any());
  run.end();
  check_stored_once(world, 3);
}
