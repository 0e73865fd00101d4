#include "capture/pressure.hpp"
#include "host/capture/path_rig.hpp"
#include "host/core/capture_run.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Settings limits(std::uint64_t memory, std::uint64_t spool) {
  Settings settings;
  settings.memory_limit = memory;
  settings.spool_limit = spool;
  return settings;
}

struct Rig {
  Rig(std::uint64_t memory, std::uint64_t spool) : path(limits(memory, spool)) {}
  ~Rig() { cancelled = true; } // what the store holds ends

  // A round, once what was handed out before is done. False: pulling has to pause.
  bool relieve() {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (path.compressors.waiting() > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    return pressure.relieve_memory();
  }
  void messages(const std::string &data, int count) {
    for (int i = 0; i < count; i++)
      path.message(data);
  }

  PathRig path;
  World world;
  TurnDelivery delivery{world};
  Journal journal{world.state.path(),
                  {},
                  {"S", "", "C", 1},
                  [](const CaptureIdentity &) { return JournalOrigin::other; },
                  path.log};
  InFlight in_flight{world.state.path() / "in-flight", "S", path.log};
  SharedCommitter committer{{delivery, journal, in_flight, path.counters, path.clock, path.log}};
  std::atomic<bool> cancelled = false;
  const Store store{FakeStore::description(), StageKind::store, world.store.options(), "", path.log, cancelled};
  Uploader uploader{store, 1, {1h, 1h, 1h}, committer, path.counters, path.meter, path.log};
  Pressure pressure{{.blocks = path.blocks,
                     .committer = committer,
                     .compressors = path.compressors,
                     .uploader = uploader,
                     .meter = path.meter,
                     .spool = path.spool,
                     .clock = path.clock,
                     .log = path.log}};
};

constexpr std::uint64_t slack = 32 << 20;

} // namespace

TEST_CASE("below the memory limit nothing is spilled and nothing ends") {
  Rig rig(64 << 20, 0);
  rig.messages("a#1000000", 10);
  CHECK(rig.relieve());
  CHECK(rig.relieve());
  CHECK(rig.path.spool.taken() == 0);
  CHECK(rig.path.sealed().empty());
}

TEST_CASE("above the memory limit open blocks go to the spool, until they are below it") {
  Rig rig(4 << 20, 0);
  rig.messages("a#1000000", 10);
  rig.messages("b#1000000", 10);
  for (int round = 0; round < 4; round++)
    CHECK(rig.relieve());
  while (rig.path.compressors.waiting() > 0)
    std::this_thread::yield();
  CHECK(rig.path.meter.used() <= 4 << 20);
  CHECK(rig.path.spool.used() > 15'000'000);
  CHECK(rig.path.sealed().empty());
}

TEST_CASE(
    "what a full spool does not take ends, the largest first, though the round has handed work to the compressors") {
  Rig rig(1 << 20, 1);
  rig.messages("a#1000000", 36);
  rig.messages("b#1000000", 2);
  CHECK_FALSE(rig.relieve());
  const Texts sealed = rig.path.sealed();
  REQUIRE(sealed.size() == 1);
  CHECK(sealed[0].starts_with("memory a: 1 2 3 "));
  CHECK(rig.path.blocks.size() == 1);
  CHECK(rig.path.log.recent().size() == 1); // told once
}

TEST_CASE("while blocks are on their way into the store no more end, and pulling pauses until memory is free") {
  Rig rig(1 << 20, 1);
  rig.world.store.hold();
  rig.messages("a#1000000", 36);
  rig.messages("b#1000000", 35);
  CHECK_FALSE(rig.relieve());
  REQUIRE(rig.path.sealed().size() == 1);
  rig.uploader.give(rig.path.all_sealed()[0]);
  for (int round = 0; round < 5; round++)
    CHECK_FALSE(rig.relieve());
  CHECK(rig.path.sealed().empty());
}

TEST_CASE("a little above the limit pulling goes on: what it takes to compress and to spill is allowed for") {
  Rig rig(1 << 20, 1);
  rig.messages("a#1000000", 30);
  CHECK(rig.path.meter.used() <= (1 << 20) + slack);
  for (int round = 0; round < 5; round++)
    CHECK(rig.relieve());
  CHECK(rig.path.sealed().empty());
}
