// What is concluded from the server's answers and from what came, with a made-up server.
#include "status/observer.hpp"

#include "status/health.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace jetcapture::host;

namespace {

class MadeUpDelivery final : public Delivery {
public:
  std::optional<Progress> answer = Progress{};
  Vitals known;

  MadeUpDelivery() {
    known.connected = true;
    known.ack_wait = std::chrono::seconds(30);
  }
  bool next(jetcapture_message &, std::chrono::milliseconds) override { return false; }
  std::uint32_t connection() const override { return 1; }
  bool has(std::uint64_t, std::int64_t) override { return true; }
  void stop_pulling() override {}
  std::uint64_t give_back_rest() override { return 0; }
  Coverage coverage() const override { return {.filters = {"a", "b"}, .first_sequence = 5}; }
  std::optional<Progress> progress(std::chrono::milliseconds) override { return answer; }
  Vitals vitals() const override { return known; }
  std::uint64_t last_sequence_at_start() const override { return 0; }
};

struct Observed {
  jetcapture::test::Folder folder;
  Log log{Level::error, LogFormat::text, -1};
  Counters counters;
  MadeUpDelivery delivery;
  Spool spool{folder.path(), 0};
  Journal journal{
      folder.path(), {}, {"S", "", "C", 1}, [](const CaptureIdentity &) { return JournalOrigin::other; }, log};
  CallRecord calls;
  Observer observer{{counters, delivery, spool, &journal, calls, [](const Delivery::Progress &) {}}, {}};

  Snapshot ask() {
    observer.ask_server(std::chrono::milliseconds(1));
    return observer.look();
  }
};

} // namespace

TEST_CASE("what is in flight elsewhere is told only when nothing has come here between two questions") {
  Observed observed;
  observed.delivery.answer->not_acked = 10;
  observed.counters.in_flight = 4;
  observed.counters.messages = 4;
  // Before the first question it is not known what came since.
  CHECK(observed.ask().unstored_elsewhere == 0);
  CHECK(observed.ask().unstored_elsewhere == 6);
  SUBCASE("a message comes: what is on its way here can't be told from what another host has") {
    observed.counters.messages = 5;
    observed.delivery.answer->not_acked = 20;
    CHECK(observed.ask().unstored_elsewhere == 6);
    observed.delivery.answer->not_acked = 3;
    observed.counters.redeliveries = 1;
    CHECK(observed.ask().unstored_elsewhere == 3);
  }
  SUBCASE("pulling is paused: messages may wait in this host's queue") {
    observed.counters.paused = true;
    observed.delivery.answer->not_acked = 20;
    CHECK(observed.ask().unstored_elsewhere == 6);
    observed.counters.paused = false;
    CHECK(observed.ask().unstored_elsewhere == 16);
  }
  SUBCASE("acks are on their way") {
    observed.delivery.known.acks_outstanding = 1;
    observed.delivery.answer->not_acked = 20;
    CHECK(observed.ask().unstored_elsewhere == 6);
  }
  SUBCASE("the others are done") {
    observed.delivery.answer->not_acked = 4;
    CHECK(observed.ask().unstored_elsewhere == 0);
  }
}

TEST_CASE("a server that does not answer, or is not connected, is not known to be well") {
  Observed observed;
  CHECK_FALSE(observed.observer.look().consumer_known);
  CHECK(observed.ask().consumer_known);
  observed.delivery.answer.reset();
  CHECK_FALSE(observed.ask().consumer_known);
  observed.delivery.answer.emplace();
  CHECK(observed.ask().consumer_known);
  observed.delivery.known.connected = false;
  CHECK_FALSE(observed.ask().consumer_known);
}

TEST_CASE("how much waits in the stream is told only while it is known") {
  Observed observed;
  CHECK_FALSE(observed.observer.look().lag_messages);
  observed.delivery.answer->not_delivered = 7;
  CHECK(observed.ask().lag_messages == 7);
  SUBCASE("without a connection the last figure may be long past") {
    observed.delivery.known.connected = false;
    CHECK_FALSE(observed.observer.look().lag_messages);
    CHECK_FALSE(observed.ask().lag_messages);
    observed.delivery.known.connected = true;
    CHECK_FALSE(observed.observer.look().lag_messages);
    CHECK(observed.ask().lag_messages == 7);
  }
  SUBCASE("a server that does not answer about the consumer tells it with each message") {
    observed.delivery.answer.reset();
    CHECK_FALSE(observed.ask().lag_messages);
    observed.delivery.known.not_delivered = 5;
    observed.observer.tick();
    observed.counters.messages = 1;
    observed.observer.tick();
    CHECK(observed.observer.look().lag_messages == 5);
    observed.delivery.known.connected = false;
    CHECK_FALSE(observed.observer.look().lag_messages);
  }
}

TEST_CASE("a snapshot has what a safe sequence covers, what is not acked, and losses certain and possible") {
  Observed observed;
  observed.delivery.answer->ack_floor_sequence = 77;
  observed.delivery.answer->not_acked = 9;
  observed.counters.lost = 3;
  observed.counters.possibly_lost = 4;
  observed.counters.possibly_lost_first = 10;
  observed.counters.possibly_lost_last = 20;
  const Snapshot snapshot = observed.ask();
  CHECK(snapshot.safe_sequence == 77);
  CHECK(covered_text(snapshot.coverage) == "a, b from sequence 5");
  CHECK(snapshot.not_acked == 9);
  CHECK(snapshot.lost == 3);
  CHECK(snapshot.possibly_lost == 4);
  CHECK(snapshot.possibly_lost_first == 10);
  CHECK(snapshot.possibly_lost_last == 20);
  CHECK(snapshot.journal_problem.empty());
}

TEST_CASE("by how much the clock is behind is the server's word, or, of a server that gives none, the messages'") {
  Observed observed;
  observed.counters.clock_behind = std::chrono::seconds(7);
  CHECK(observed.ask().clock_behind == 7);
  const std::int64_t now = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  observed.delivery.answer->server_time = now + 3600'000'000'000;
  CHECK(observed.ask().clock_behind > 3590);
  CHECK(observed.ask().clock_behind <= 3600);
}
