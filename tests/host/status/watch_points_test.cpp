#include "status/watch_points.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>

using namespace jetcapture::host;
using namespace std::chrono_literals;

namespace {

// Watch points over made-up snapshots, a second apart; what they warn of is read from the log.
struct Watched {
  Log log{Level::error, LogFormat::text, -1};
  WatchPoints points{log};
  Snapshot snapshot;

  Watched() { snapshot.facts = {.max_age = 60s, .ack_wait = 100s, .ack_limit = 1000, .spool_limit = 100}; }
  void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      snapshot.uptime += 1;
      points.look(snapshot);
    }
  }
  std::size_t warnings(const std::string &text) const {
    std::size_t count = 0;
    for (const std::string &line : log.recent())
      count += line.find(text) != std::string::npos ? 1 : 0;
    return count;
  }
  std::size_t warnings() const { return log.recent().size(); }
};

} // namespace

TEST_CASE("a capture that goes its way gives no warning, however long") {
  Watched watched;
  watched.snapshot.ack_budget = 0.79;
  watched.snapshot.spool = 80;
  watched.snapshot.lag_messages = 100000;
  watched.snapshot.oldest_unstored = 119;
  watched.snapshot.longest_in_flight = 70;
  for (int i = 0; i < 2000; i++) {
    watched.snapshot.store.took[3]++;
    watched.snapshot.store.took_seconds += 0.01;
    watched.pass(1);
  }
  CHECK(watched.warnings() == 0);
}

TEST_CASE("the ack budget is warned of once it stays above 80 %, again after ten minutes, and anew after it was over") {
  Watched watched;
  watched.snapshot.ack_budget = 0.81;
  watched.pass(9);
  CHECK(watched.warnings() == 0);
  watched.pass(2);
  CHECK(watched.warnings("max_ack_pending") == 1);
  watched.pass(500);
  CHECK(watched.warnings("max_ack_pending") == 1);
  watched.pass(110);
  CHECK(watched.warnings("max_ack_pending") == 2);
  watched.snapshot.ack_budget = 0.5;
  watched.pass(1);
  watched.snapshot.ack_budget = 0.9;
  watched.pass(12);
  CHECK(watched.warnings("max_ack_pending") == 3);
  CHECK(watched.warnings() == 3);
}

TEST_CASE("a spool above 80 % of its limit is warned of at once, one without a limit never") {
  Watched watched;
  watched.snapshot.spool = 81;
  watched.pass(1);
  CHECK(watched.warnings("the spool is nearly full") == 1);
  Watched unlimited;
  unlimited.snapshot.facts.spool_limit = 0;
  unlimited.snapshot.spool = 1ull << 40;
  unlimited.pass(10);
  CHECK(unlimited.warnings() == 0);
}

TEST_CASE("a lag that grows for minutes is warned of, one that goes up and down is not") {
  Watched growing;
  for (int i = 0; i < 240; i++) {
    growing.snapshot.lag_messages = 10 * i;
    growing.pass(1);
  }
  CHECK(growing.warnings("falls behind") == 1);
  Watched uneven;
  for (int i = 0; i < 600; i++) {
    uneven.snapshot.lag_messages = i % 100 < 50 ? 100000 : 10;
    uneven.pass(1);
  }
  CHECK(uneven.warnings() == 0);
  Watched interrupted; // it is not known for a while, which is no lag of nothing
  for (int i = 0; i < 480; i++) {
    interrupted.snapshot.lag_messages = i % 240 < 120 ? std::optional<std::uint64_t>(10 * i) : std::nullopt;
    interrupted.pass(1);
  }
  CHECK(interrupted.warnings("falls behind") == 1);
}

TEST_CASE("messages unstored for two intervals are warned of") {
  Watched watched;
  watched.snapshot.oldest_unstored = 181;
  watched.pass(62);
  CHECK(watched.warnings("two intervals") == 1);
}

TEST_CASE("messages held for nearly ack_wait are warned of") {
  Watched watched;
  watched.snapshot.longest_in_flight = 76;
  watched.pass(1);
  CHECK(watched.warnings("ack_wait") == 1);
}

TEST_CASE("a store that takes long, and one that does not come back, are warned of") {
  Watched slow;
  slow.pass(1);
  slow.snapshot.store.took[13] += 2;
  slow.snapshot.store.took_seconds += 20;
  slow.pass(1);
  CHECK(slow.warnings("the store is slow") == 1);
  Watched hanging;
  hanging.snapshot.store.storing = 1;
  hanging.pass(50);
  CHECK(hanging.warnings() == 0);
  hanging.pass(30);
  CHECK(hanging.warnings("store has been working on a block") == 1);
  CHECK(hanging.warnings() == 1);
}

TEST_CASE("a clock that differs from the server's is warned of, in both directions, and told when it agrees again") {
  for (const double behind : {5.5, -5.5}) {
    Watched watched;
    watched.snapshot.clock_behind = behind < 0 ? -4.9 : 4.9;
    watched.pass(10);
    CHECK(watched.warnings() == 0);
    watched.snapshot.clock_behind = behind;
    watched.pass(10);
    CHECK(watched.warnings("the clock of this host differs from the NATS server's") == 1);
    watched.snapshot.clock_behind = 0;
    watched.pass(1);
    watched.snapshot.clock_behind = behind;
    watched.pass(1);
    CHECK(watched.warnings("the clock of this host differs") == 2);
  }
}

TEST_CASE("messages that stay in flight elsewhere are warned of, those of a moment are not") {
  Watched watched;
  watched.snapshot.unstored_elsewhere = 3;
  watched.pass(9);
  CHECK(watched.warnings() == 0);
  watched.pass(2);
  CHECK(watched.warnings("in flight at other hosts or of earlier runs") == 1);
}
