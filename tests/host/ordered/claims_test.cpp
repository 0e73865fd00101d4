// Which claim a host captures next, by signs that the test gives and a clock that it moves.
#include "ordered/claims.hpp"

#include "host/ordered/ordered_chains.hpp"
#include "ledger/claims_floor.hpp"
#include "settings/error.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// Claims of ten sequences. A message has ten times its sequence as its timestamp.
struct Sharing : OrderedChains {
  std::chrono::steady_clock::time_point now{};
  std::set<std::string> heard;
  std::string last_run;
  std::uint64_t first_sequence = 1;
  std::uint64_t last_sequence = 0;
  std::int64_t newer = 0; // is added to the timestamps of messages behind old_up_to
  std::uint64_t old_up_to = UINT64_MAX;
  Settings settings;
  std::unique_ptr<Claims> claims;

  Sharing() {
    settings.stream = "S";
    settings.consumer = "C";
    settings.delivery = DeliveryKind::ordered;
    settings.parallel_backlog = 10;
  }
  std::optional<OrderedStart> look() {
    if (!claims)
      claims = std::make_unique<Claims>(Claims::Surroundings{.store = stage,
                                                             .stream = [this] { return stream(); },
                                                             .has_other_chains = [] { return false; },
                                                             .heard = [this] { return heard; },
                                                             .last_run = [this] { return last_run; },
                                                             .now = [this] { return now; },
                                                             .log = log},
                                        settings, "options");
    return claims->look();
  }
  // "after..last" of the claim that is to be begun; "": none is.
  std::string next() {
    const std::optional<OrderedStart> start = look();
    return start ? std::to_string(start->after) + ".." + std::to_string(start->claim->last) : "";
  }
  std::string refused() {
    try {
      look();
      return "";
    } catch (const StartupError &error) {
      return error.what();
    }
  }

private:
  StreamNow stream() {
    return {.created = created,
            .first_sequence = first_sequence,
            .last_sequence = last_sequence,
            .filters = {},
            .newest_up_to = [this](std::uint64_t sequence) -> std::optional<OrderedChain::Message> {
              const std::uint64_t newest = std::min(sequence, last_sequence);
              if (newest < first_sequence)
                return std::nullopt;
              return OrderedChain::Message{newest,
                                           static_cast<std::int64_t>(10 * newest) + (newest > old_up_to ? newer : 0)};
            },
            .begin = [this] { return first_sequence - 1; }};
  }
};

} // namespace

TEST_CASE("the first claim goes from where the capture begins to the next multiple of the claims' size") {
  Sharing sharing;
  sharing.last_sequence = 50;
  CHECK(sharing.next() == "0..10");
  sharing.first_sequence = 14;
  CHECK(sharing.next() == "13..20");
  CHECK(sharing.look()->claim->host == "ordered");
  CHECK(sharing.look()->only_behind == 0);
}

TEST_CASE("a host takes the lowest claim that nobody works on") {
  Sharing sharing;
  sharing.last_sequence = 35;
  sharing.put_claim(10, 3, {{5, 50}}, "another");
  CHECK(sharing.next() == "10..20");
  sharing.put_claim(20, 10, {}, "a third");
  CHECK(sharing.next() == "20..30");
  CHECK(sharing.look()->goes_on);
  CHECK(sharing.look()->claim->host == "claim-000000000002");
  SUBCASE("one whose owner has ended") {
    sharing.put_claim(10, 3, {}, "another", true);
    CHECK(sharing.next() == "3..10");
  }
  SUBCASE("one of this host's own last run") {
    sharing.last_run = "a third";
    CHECK(sharing.next() == "10..20");
  }
  SUBCASE("not one that is done") {
    sharing.put_claim(10, 10, {{10, 100}}, "another", true);
    sharing.put_claim(20, 20, {{20, 200}}, "a third");
    CHECK(sharing.next() == "20..30");
    CHECK(sharing.look()->claim->done == 2);
    CHECK(sharing.look()->claim->all_done_up_to == 20);
  }
}

TEST_CASE("a claim is taken over once neither its owner is heard nor its chain grows") {
  Sharing sharing;
  sharing.last_sequence = 9;
  sharing.put_claim(10, 3, {{5, 50}}, "owner");
  CHECK(sharing.next() == "");
  sharing.now += 14s;
  sharing.heard = {"owner"};
  CHECK(sharing.next() == "");
  sharing.heard = {"somebody else"};
  sharing.now += 14s;
  CHECK(sharing.next() == "");
  sharing.put_claim(10, 4, {}, "owner");
  CHECK(sharing.next() == "");
  sharing.now += 15s;
  CHECK(sharing.next() == "4..10");
  CHECK(sharing.look()->only_behind == 2);
}

TEST_CASE("the end of the stream is one claim, and the next one is begun when the stream or all before it are there") {
  Sharing sharing;
  sharing.last_sequence = 20;
  sharing.put_claim(10, 10, {{10, 100}}, "one", true);
  sharing.put_claim(20, 15, {{15, 150}}, "two");
  CHECK(sharing.next() == "");
  SUBCASE("the stream goes on") {
    sharing.last_sequence = 21;
    CHECK(sharing.next() == "20..30");
  }
  SUBCASE("the last one is done") {
    sharing.put_claim(20, 20, {{20, 200}}, "two", true);
    CHECK(sharing.next() == "20..30");
  }
}

TEST_CASE("with --once nothing is begun behind what the stream had at first, and all is done once each claim is") {
  Sharing sharing;
  sharing.settings.once = true;
  sharing.last_sequence = 17;
  sharing.put_claim(10, 10, {{10, 100}}, "one", true);
  sharing.put_claim(20, 15, {{15, 150}}, "two");
  CHECK(sharing.next() == "");
  CHECK_FALSE(sharing.claims->everything_is_done());
  sharing.last_sequence = 25; // came later
  sharing.put_claim(20, 17, {{17, 170}}, "two");
  CHECK(sharing.next() == "");
  CHECK(sharing.claims->everything_is_done());
}

TEST_CASE("a capture that was made without claims goes on in claims, from its floor up to behind all that it has") {
  Sharing sharing;
  sharing.last_sequence = 50;
  sharing.put(12, {{24, 240}}, "old", true);
  CHECK(sharing.next() == "12..30");
  CHECK(sharing.look()->only_behind == 1);
}

TEST_CASE("a capture that is made without claims is left alone while its owner lives") {
  Sharing sharing;
  sharing.last_sequence = 50;
  sharing.put(12, {{24, 240}}, "old");
  CHECK(sharing.next() == "");
  sharing.now += 15s;
  CHECK(sharing.next() == "12..30");
}

TEST_CASE("claims of another size, and none where there are some, are refused with the fix") {
  Sharing sharing;
  sharing.last_sequence = 50;
  sharing.put_claim(10, 3, {}, "another");
  sharing.settings.parallel_backlog = 20;
  CHECK(sharing.refused().find("is made with --parallel-backlog 10: give that") != std::string::npos);
  sharing.settings.parallel_backlog = 0;
  OrderedChain chain = sharing.chain();
  chain.look();
  CHECK_THROWS_AS(check_claims(chain.last(), sharing.settings), StartupError);
}

TEST_CASE("other options than those of the last claim are refused for a new one, too") {
  Sharing sharing;
  sharing.last_sequence = 50;
  sharing.put_claim(10, 3, {}, "another");
  sharing.settings.path_template = "{key}";
  CHECK(sharing.refused().find("--from-here") != std::string::npos);
}

TEST_CASE("where the stream has lost its end, claims go back one after the other to where both agree") {
  Sharing sharing;
  sharing.put_claim(10, 10, {{10, 100}}, "one", true);
  sharing.put_claim(20, 20, {{14, 140}, {20, 200}}, "two", true);
  sharing.put_claim(30, 30, {{30, 300}}, "three", true);
  sharing.put_claim(40, 32, {{32, 320}}, "four", true); // it has seen it
  sharing.last_sequence = 26;
  sharing.old_up_to = 15;
  sharing.newer = 7;
  CHECK(sharing.next() == "10..20");
  sharing.claims.reset();
  sharing.put_claim(20, 12, {}, "somebody");
  CHECK(sharing.next() == ""); // and nothing behind it is begun meanwhile
}

TEST_CASE("the floor of a capture in claims ends with the first one that is not done") {
  Sharing sharing;
  CHECK_FALSE(read_capture_floor(sharing.stage, "S", "C", 1min).has_value());
  sharing.put_claim(10, 7, {}, "one");
  sharing.put_claim(20, 20, {}, "two");
  const auto floor = [&] { return read_capture_floor(sharing.stage, "S", "C", 1min)->floor; };
  CHECK(floor() == 7);
  sharing.put_claim(10, 10, {}, "one");
  CHECK(floor() == 20);
  sharing.put_claim(30, 24, {}, "three");
  CHECK(floor() == 24);
  sharing.put_claim(40, 40, {}, "four");
  CHECK(floor() == 24);
}
