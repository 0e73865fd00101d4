#include "host/capture/path_rig.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Settings with_late_grace(std::chrono::nanoseconds grace) {
  Settings settings;
  settings.late_grace = grace;
  return settings;
}

// The time of the clock's beginning and so much more, as a message's word tells it.
std::string at(const PathRig &rig, std::chrono::nanoseconds after) {
  return "@" + std::to_string(rig.begin + after.count());
}

} // namespace

TEST_CASE("a message of the next interval ends the blocks of the one before, and only those") {
  PathRig rig;
  rig.message("a", 0min);
  rig.message("b", 14min);
  rig.message("a", 15min - 1ns);
  CHECK(rig.sealed().empty());
  rig.message("a", 15min);
  CHECK(rig.sealed() == Texts{"interval a: 1 3", "interval b: 2"});
  rig.message("b", 29min);
  CHECK(rig.sealed().empty());
  rig.message("b", 30min);
  CHECK(rig.sealed() == Texts{"interval a: 4", "interval b: 5"});
}

TEST_CASE("with a late grace a block takes what comes late, and ends when the grace is over") {
  PathRig rig(with_late_grace(2min));
  rig.message("a", 14min);
  rig.message("a", 16min);
  rig.message("a", 10min);
  CHECK(rig.sealed().empty());
  rig.message("b", 17min);
  CHECK(rig.sealed() == Texts{"interval a: 1 3"});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain a: 2", "drain b: 4"});
}

TEST_CASE(
    "a message that comes after its block has ended gets a block of its own, of another name and of its interval") {
  PathRig rig;
  rig.message("a", 5min);
  rig.message("a", 15min);
  rig.message("a", 6min);
  rig.message("a", 16min); // ends no block of a message that came late
  CHECK(rig.sealed() == Texts{"interval a: 1"});
  rig.message("a", 7min);
  rig.pass(15min - 1s);
  CHECK(rig.sealed().empty());
  rig.pass(1s);
  CHECK(rig.sealed() == Texts{"age a: 3 5"});
  const auto blocks = rig.all_sealed();
  CHECK(blocks[0]->place.interval_start == blocks[1]->place.interval_start);
  CHECK(blocks[0]->name != blocks[1]->name);
}

TEST_CASE("an interval has ended once it is over with its late grace and has no open block, also a late one's") {
  PathRig rig(with_late_grace(2min));
  const std::int64_t first = *rig.blocks.interval_of(rig.begin);
  const std::int64_t second = *rig.blocks.interval_of(rig.begin + std::chrono::nanoseconds(15min).count());
  using Intervals = std::vector<std::int64_t>;
  rig.message("a", 5min);
  CHECK(rig.blocks.ended({first, second}).empty());
  rig.message("a", 16min);
  CHECK(rig.blocks.ended({first, second}).empty());
  rig.message("a", 17min);
  CHECK(rig.blocks.ended({first, second}) == Intervals{first});
  rig.message("a", 6min);
  CHECK(rig.blocks.ended({first, second}).empty());
  rig.pass(18min);
  CHECK(rig.blocks.ended({first, second}) == Intervals{first, second});
}

TEST_CASE("the blocks of a quiet stream end by the host's clock, a second after their interval") {
  PathRig rig;
  rig.clock.advance(5min);
  rig.message("a", 5min);
  rig.pass(10min);
  CHECK(rig.sealed().empty());
  rig.pass(1s);
  CHECK(rig.sealed() == Texts{"age a: 1"});
}

TEST_CASE("on a host whose clock is behind the server's the blocks of a quiet stream end no later") {
  PathRig rig;
  rig.clock.step_wall(-1h);
  rig.message("a", 5min);
  rig.pass(10min);
  CHECK(rig.sealed().empty());
  rig.pass(1s);
  CHECK(rig.sealed() == Texts{"age a: 1"});
  CHECK(rig.blocks.clock_behind() == 1h + 5min);
}

TEST_CASE("on a host whose clock is ahead of the server's each message is stored within an interval of its coming") {
  for (const auto ahead : {3min, 60min}) {
    CAPTURE(ahead.count());
    PathRig rig;
    rig.clock.step_wall(ahead);
    for (int minute = 0; minute < 15; minute++) {
      rig.message("a", std::chrono::minutes(minute));
      rig.pass(1min);
    }
    rig.pass(15min);
    CHECK(rig.blocks.size() == 0);
    CHECK(rig.parts().size() == 15);
    CHECK(rig.all_sealed().size() <= 2);
    CHECK(rig.blocks.clock_behind() == 0ns);
  }
}

TEST_CASE("a clock that is set forwards or backwards ends no block early, and none late") {
  for (const auto step : {24h, -24h}) {
    CAPTURE(step.count());
    PathRig rig;
    rig.message("a", 0min);
    rig.clock.step_wall(step);
    rig.pass(15min);
    CHECK(rig.sealed().empty());
    rig.pass(1s);
    CHECK(rig.sealed() == Texts{"age a: 1"});
  }
}

TEST_CASE("a clock that was set does not change when blocks that are opened later end") {
  PathRig rig;
  rig.message("a", 0min);
  rig.clock.step_wall(-24h);
  rig.pass(5min);
  rig.message("b", 5min);
  rig.pass(10min + 1s);
  CHECK(rig.sealed() == Texts{"age a: 1", "age b: 2"});
}

TEST_CASE("an item with a time of its own goes into the interval of that time, and ends no block of another") {
  PathRig rig;
  rig.message("a", 1min);
  rig.message("a" + at(rig, 24h * 365 * 50), 2min);
  rig.message("a" + at(rig, -24h * 365 * 50), 3min);
  rig.message("a", 4min);
  CHECK(rig.sealed().empty());
  rig.message("a", 15min);
  CHECK(rig.sealed() == Texts{"interval a: 1 4"});
  // Neither waits for its time.
  rig.pass(15min);
  const Texts sealed = rig.sealed();
  CHECK(std::count(sealed.begin(), sealed.end(), "age a: 2") == 1);
  CHECK(std::count(sealed.begin(), sealed.end(), "age a: 3") == 1);
  const auto blocks = rig.all_sealed();
  for (const auto &block : blocks)
    if (block->first_sequence == 2)
      CHECK(block->place.interval_start == rig.begin + std::chrono::nanoseconds(24h * 365 * 50).count());
}

TEST_CASE("an item whose time is at the edge of time makes its message bad, and all others are captured") {
  PathRig rig;
  for (const std::int64_t time : {INT64_MAX, INT64_MAX - 1, INT64_MIN + 1})
    rig.message("a b@" + std::to_string(time), 1min);
  rig.message("a", 2min);
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain quarantine: 1 2 3", "drain a: 4"});
  CHECK(rig.parts().size() == 1);
}

TEST_CASE("a message whose timestamp is at the edge of time is kept, and the blocks of all others end as ever") {
  for (const std::int64_t timestamp : {INT64_MAX, INT64_MIN, INT64_MIN + 1}) {
    CAPTURE(timestamp);
    PathRig rig;
    rig.message_at("a", timestamp);
    rig.blocks.seal_all(SealReason::drain);
    CHECK(rig.sealed() == Texts{"drain quarantine: 1"});
    rig.message("b", 1min);
    rig.message("b", 2min);
    rig.pass(1min);
    rig.message("b", 3min);
    CHECK(rig.sealed().empty());
    rig.pass(15min);
    CHECK(rig.sealed().size() == 1);
    CHECK(rig.parts().size() == 3);
  }
}

TEST_CASE("a message from the far future does not keep the blocks of the present from being whole") {
  PathRig rig;
  rig.message("a", 1min);
  rig.message("a", 24h * 365 * 100);
  CHECK(rig.sealed() == Texts{"interval a: 1"});
  for (int minute = 2; minute < 15; minute++) {
    rig.message("a", std::chrono::minutes(minute));
    rig.pass(1min);
  }
  CHECK(rig.sealed().empty());
  rig.pass(15min);
  CHECK(rig.sealed().size() == 2);
  CHECK(rig.parts().size() == 15);
}

TEST_CASE("a block ends with its last message by --max-messages, and by --max-bytes") {
  Settings settings;
  settings.max_messages = 3;
  PathRig by_messages(settings);
  for (int i = 0; i < 7; i++)
    by_messages.message(i == 1 ? "b" : "a a");
  CHECK(by_messages.sealed() == Texts{"messages a: 1 3 4", "messages a: 5 6 7"});
  settings = {};
  settings.max_bytes = 1000;
  PathRig by_bytes(settings);
  by_bytes.message("a#999");
  by_bytes.message("a#1");
  by_bytes.message("a#5000");
  CHECK(by_bytes.sealed() == Texts{"bytes a: 1 2", "bytes a: 3"});
}

TEST_CASE("a message of another generation ends the block of its key, and of no other") {
  PathRig rig;
  rig.message("a b", 1min);
  rig.message("a", 2min, {.generation = 1, .connection = 2});
  CHECK(rig.sealed() == Texts{"stream_reset a: 1"});
  rig.message("BAD", 2min, {.generation = 1, .connection = 2});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.sealed() == Texts{"drain b: 1", "drain a: 2", "drain quarantine: 3"});
  CHECK(rig.all_sealed()[2]->era.generation == 1);
}

TEST_CASE("a block's era is that of the oldest connection of its messages") {
  PathRig rig;
  rig.message("a", 1min, {.generation = 0, .connection = 5});
  rig.message("a", 2min, {.generation = 0, .connection = 3});
  rig.message("a", 3min, {.generation = 0, .connection = 9});
  rig.blocks.seal_all(SealReason::drain);
  CHECK(rig.all_sealed()[0]->era.connection == 3);
}
