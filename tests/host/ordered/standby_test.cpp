// When a host takes over, by signs that the test gives and a clock that it moves.
#include "ordered/standby.hpp"

#include "blocks/capture_error.hpp"
#include "host/ordered/ordered_chains.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Waiting : OrderedChains {
  std::chrono::steady_clock::time_point now{};
  std::function<bool()> heard = [] { return false; };
  std::function<bool()> can_hear = [] { return true; };
  std::function<void()> on_wait = [] {};
  std::function<void(const Standby::Seen &)> tell = [](const Standby::Seen &) {};
  std::string last_run;

  // How long it waits.
  std::chrono::nanoseconds wait() {
    OrderedChain chain = this->chain();
    const auto begin = now;
    Standby({.chain = chain,
             .heard = [this](const std::string &run) { return run == "run" && heard(); },
             .can_hear = [this] { return can_hear(); },
             .now = [this] { return now; },
             .wait =
                 [this](std::chrono::nanoseconds time) {
                   now += time;
                   on_wait();
                   if (now.time_since_epoch() > 1h)
                     throw CaptureStopped("an hour is enough");
                 },
             .tell = [this](const Standby::Seen &seen) { tell(seen); },
             .log = log},
            last_run, 15s)
        .wait_for_turn();
    return now - begin;
  }
};

} // namespace

TEST_CASE("a capture that nobody has begun is taken at once") {
  Waiting waiting;
  CHECK(waiting.wait() == 0s);
}

TEST_CASE("a capture whose owner has ended in order is taken at once") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.put(9, {}, "run", true);
  CHECK(waiting.wait() == 0s);
}

TEST_CASE("the run that this host had last is dead, and its capture is taken at once") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.last_run = "run";
  CHECK(waiting.wait() == 0s);
  waiting.put(0, {}, "another");
  CHECK(waiting.wait() >= 15s);
}

TEST_CASE("an owner without a sign of life is overtaken after the time, not before") {
  Waiting waiting;
  waiting.put(0, {});
  const auto waited = waiting.wait();
  CHECK(waited >= 15s);
  CHECK(waited < 18s);
}

TEST_CASE("an owner that is heard is not overtaken") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.heard = [&] { return waiting.now.time_since_epoch() < 10min; };
  const auto waited = waiting.wait();
  CHECK(waited >= 10min + 14s);
  CHECK(waited < 10min + 18s);
}

TEST_CASE("an owner whose chain grows is not overtaken, heard or not") {
  Waiting waiting;
  waiting.put(0, {});
  auto next = 5s;
  waiting.on_wait = [&] {
    if (waiting.now.time_since_epoch() < next || next > 120s)
      return;
    next += 5s;
    waiting.put(0, {});
  };
  CHECK(waiting.wait() >= 120s);
}

TEST_CASE("an owner that ends while another host stands by is followed within a second") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.heard = [] { return true; };
  bool ended = false;
  waiting.on_wait = [&] {
    if (waiting.now.time_since_epoch() > 60s && !std::exchange(ended, true))
      waiting.put(0, {}, "run", true);
  };
  CHECK(waiting.wait() < 62s);
}

TEST_CASE("signs of a run that was overtaken count for nothing") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.put(0, {}, "another");
  waiting.heard = [] { return true; }; // "run" alone
  CHECK(waiting.wait() < 18s);
}

TEST_CASE("a host that is told to stop stands by no more") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.heard = [] { return true; };
  CHECK_THROWS_AS(waiting.wait(), CaptureStopped);
}

TEST_CASE("a host that can't hear the owner does not take it for dead, and gives it its time once it can") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.can_hear = [&] { return waiting.now.time_since_epoch() > 5min; };
  const auto waited = waiting.wait();
  CHECK(waited >= 5min + 15s);
  CHECK(waited < 5min + 18s);
}

TEST_CASE("a standby tells whom it stands by for, and that the owner is silent, also while the store does not answer") {
  Waiting waiting;
  waiting.put(7, {}, "run", false, "eu-1");
  waiting.heard = [&] { return waiting.now.time_since_epoch() < 1min; };
  std::chrono::nanoseconds longest_silence{};
  std::string problem;
  waiting.tell = [&](const Standby::Seen &seen) {
    REQUIRE(seen.owner != nullptr);
    CHECK(seen.owner->owner == "eu-1");
    CHECK(seen.owner->run == "run");
    CHECK(seen.owner->floor == 7);
    if (waiting.now.time_since_epoch() < 1min)
      CHECK(seen.silent < 1s);
    longest_silence = std::max(longest_silence, seen.silent);
    problem = seen.problem;
  };
  waiting.on_wait = [&] {
    const auto time = waiting.now.time_since_epoch();
    if (time > 62s && time < 2min)
      waiting.store.refuse_lists(true);
    else
      waiting.store.refuse_lists(false);
    if (time > 65s && time < 2min)
      CHECK(problem != "");
  };
  CHECK(waiting.wait() >= 2min + 13s); // it looks once a second
  CHECK(longest_silence > 1min);
  CHECK(problem == "");
}

TEST_CASE("while the store does not answer at the start nobody is told to own the capture") {
  Waiting waiting;
  waiting.put(0, {});
  waiting.store.refuse_lists(true);
  bool told = false;
  waiting.tell = [&](const Standby::Seen &seen) { told = told || (seen.owner == nullptr && seen.problem != ""); };
  waiting.on_wait = [&] {
    if (waiting.now.time_since_epoch() > 1min)
      waiting.store.refuse_lists(false);
  };
  CHECK(waiting.wait() >= 1min + 15s);
  CHECK(told);
}
