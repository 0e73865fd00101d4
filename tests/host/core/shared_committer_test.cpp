#include "commit/shared_committer.hpp"
#include "host/core/random_runs.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

void run_shared(bool loses_end, bool has_ledger = false) {
  Folder folder;
  run_orders([&](std::uint64_t seed) {
    const std::filesystem::path state = folder.path() / "state";
    std::filesystem::remove_all(state);
    return RandomOrder({seed, seed % 4 == 0 ? 2u : 1u, loses_end, has_ledger}, state);
  });
}

// A committer without blocks, its server and its clock.
struct Committing {
  Folder folder;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  FakeClock clock;
  FakeServer server{clock, [](const FakeMessage &, bool) {}};
  FakeDelivery delivery{server};
  Journal journal{
      folder.path(), {}, {"S", "", "C", 7}, [](const CaptureIdentity &) { return JournalOrigin::this_consumer; }, log};
  InFlight in_flight{folder.path() / "in-flight", "S C", log};
  Counters counters;
  SharedCommitter committer{{delivery, journal, in_flight, counters, clock, log}};

  // The next message has come. nullopt: it is a redelivery.
  std::optional<Era> take() {
    delivery.pull(1);
    jetcapture_message message;
    REQUIRE(delivery.next(message, 0ms));
    return committer.admit(message);
  }
  // The same of a new one, which the decoder leaves out.
  void publish_and_filter() {
    server.publish();
    const auto era = take();
    REQUIRE(era);
    committer.filtered(server.last_sequence(), *era);
  }
  void pass_minutes(int count) {
    for (int i = 0; i < 2 * count; i++) {
      clock.advance(30s);
      committer.hear(*delivery.progress(0ms));
      delivery.exchange();
      committer.tick(false, std::nullopt);
    }
  }
};

} // namespace

TEST_CASE("in any order of messages, stores, confirmations, time and crashes each message is stored once and acked "
          "after it") {
  run_shared(false);
}

TEST_CASE("in any order of events each message is stored once also where the stream loses its end") {
  run_shared(true);
}

TEST_CASE(
    "in any order of events, with a ledger, each part is in one done line, also where state folders are lost, answers "
    "too, and puts come late") {
  run_shared(false, true);
}

TEST_CASE("however often the stream loses its end, the generations that are known do not become more") {
  Committing capture;
  for (int round = 0; round < 20; round++) {
    capture.publish_and_filter();
    capture.pass_minutes(12); // what the server has said meanwhile is safe
    capture.server.restart(0s, 1);
    CHECK(capture.journal.generations() <= 2);
  }
  CHECK(capture.journal.generation_of(INT64_MAX) == 19);
}

TEST_CASE("a generation with a message in flight stays known, and the message's redelivery is dropped") {
  Committing capture;
  capture.server.ack_wait = 20min;
  capture.publish_and_filter(); // so there is an ack floor
  capture.server.publish();
  REQUIRE(capture.take()); // stays in flight: its block is open, say
  for (int round = 0; round < 3; round++) {
    capture.publish_and_filter();
    capture.pass_minutes(1);
    capture.server.restart(0s, 1);
  }
  capture.server.publish();
  capture.pass_minutes(30); // longer than the first message's ack_wait
  CHECK_FALSE(capture.take());
  CHECK(capture.take());
  CHECK(capture.journal.generations() == 4);
}
