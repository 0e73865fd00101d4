#include "commit/shared_committer.hpp"
#include "host/core/random_order.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t number_of(const char *variable, std::uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// JETCAPTURE_ORDERS=1000000 runs more; JETCAPTURE_FIRST_ORDER=seed JETCAPTURE_ORDERS=1 runs the one of a failure again.
void run_orders(bool loses_end, bool has_ledger = false) {
  Folder folder;
  const std::uint64_t first = number_of("JETCAPTURE_FIRST_ORDER", 1);
#ifdef JETCAPTURE_FEWER
  constexpr std::uint64_t usual_orders = 1'000; // a sanitizer makes it slow
#else
  constexpr std::uint64_t usual_orders = 10'000;
#endif
  const std::uint64_t orders = number_of("JETCAPTURE_ORDERS", usual_orders);
  for (std::uint64_t seed = first; seed < first + orders; seed++) {
    const std::filesystem::path state = folder.path() / "state";
    RandomOrder order({seed, seed % 4 == 0 ? 2u : 1u, loses_end, has_ledger}, state);
    std::string broken;
    try {
      order.run(40 + seed % 80);
    } catch (const BrokenPromise &promise) {
      broken = promise.what();
    }
    REQUIRE_MESSAGE(broken.empty(), "seed " << seed << ": " << broken << "\n" << order.told());
    std::filesystem::remove_all(state);
  }
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
      committer.tick(false);
    }
  }
};

} // namespace

TEST_CASE("in any order of messages, stores, confirmations, time and crashes each message is stored once and acked "
          "after it") {
  run_orders(false);
}

TEST_CASE("in any order of events each message is stored once also where the stream loses its end") {
  run_orders(true);
}

TEST_CASE(
    "in any order of events, with a ledger, each part is in one done line, also where state folders are lost, answers "
    "too, and puts come late") {
  run_orders(false, true);
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
