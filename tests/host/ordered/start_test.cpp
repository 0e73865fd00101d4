// Where a host with ordered delivery begins.
#include "ordered/start.hpp"

#include "blocks/object_name.hpp"
#include "host/ordered/ordered_chains.hpp"
#include "settings/error.hpp"
#include "settings/given.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

struct Start : OrderedChains {
  std::map<std::uint64_t, std::int64_t> messages; // of the stream
  std::string stream_created = created;
  std::uint64_t first_sequence = 0; // 0: that of the first message
  std::uint64_t last_sequence = 0;
  std::vector<std::string> filters;
  Settings settings;
  std::string options = "options";
  bool other_chains = false;

  Start() {
    settings.stream = "S";
    settings.consumer = "C";
    settings.delivery = DeliveryKind::ordered;
  }
  // The stream has messages with those sequences, each with a timestamp of ten times its sequence.
  void has(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t sequence = first; sequence <= last; sequence++)
      messages[sequence] = static_cast<std::int64_t>(10 * sequence);
    last_sequence = last;
  }
  OrderedStart find() {
    OrderedChain chain = this->chain();
    chain.look();
    const std::uint64_t first = first_sequence > 0 ? first_sequence
                                : messages.empty() ? last_sequence + 1
                                                   : messages.begin()->first;
    return find_start(chain,
                      {.created = stream_created,
                       .first_sequence = first,
                       .last_sequence = last_sequence,
                       .filters = filters,
                       .newest_up_to = [this](std::uint64_t sequence) -> std::optional<OrderedChain::Message> {
                         const auto behind = messages.upper_bound(sequence);
                         if (behind == messages.begin())
                           return std::nullopt;
                         return OrderedChain::Message{std::prev(behind)->first, std::prev(behind)->second};
                       },
                       .begin = [first] { return first - 1; }},
                      settings, options, other_chains, log);
  }
  std::string refused() {
    try {
      find();
      return "";
    } catch (const StartupError &error) {
      return error.what();
    }
  }
};

bool says(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a new capture begins where the flags say") {
  Start start;
  start.has(5, 9);
  CHECK(start.find().after == 4);
  CHECK_FALSE(start.find().goes_on);
}

TEST_CASE("a capture goes on behind the floor of its last manifest") {
  Start start;
  start.has(1, 20);
  start.put(0, {});
  start.put(0, {{7, 70}, {9, 90}});
  start.put(8, {{12, 120}});
  CHECK(start.find().after == 8);
  CHECK(start.find().goes_on);
  CHECK(start.find().stream_created == created);
}

TEST_CASE("a capture goes on behind its floor where all that it has is gone from the stream") {
  Start start;
  start.has(50, 60);
  start.put(12, {{12, 120}});
  CHECK(start.find().after == 12);
}

TEST_CASE("a capture goes on where its last message was deleted from the stream alone") {
  Start start;
  start.has(1, 20);
  start.messages.erase(12);
  start.put(8, {{9, 90}});
  start.put(8, {{12, 120}});
  CHECK(start.find().after == 8);
}

TEST_CASE("a stream that ends before what was captured sets the floor back to where both agree") {
  Start start;
  start.has(1, 10);
  start.put(0, {{7, 70}, {9, 90}});
  start.put(13, {{13, 130}});
  CHECK(start.find().after == 9);
  CHECK(start.find().rewound_to == 10);
  CHECK(start.find().only_behind == 2);
}

TEST_CASE("a stream that has other messages where it was captured sets the floor back to where both agree") {
  Start start;
  start.has(1, 20);
  for (std::uint64_t sequence = 10; sequence <= 20; sequence++)
    start.messages[sequence] += 1000;
  start.put(0, {{7, 70}, {9, 90}});
  start.put(13, {{13, 130}});
  CHECK(start.find().after == 9);
  CHECK(start.find().rewound_to == 9);
  start.stream_created = "2026-02-02T00:00:00Z"; // as a server may tell it after a restart
  CHECK(start.find().after == 9);
}

TEST_CASE("a stream that has newer messages before the last that was captured, which is gone, has lost its end") {
  Start start;
  start.has(1, 30);
  for (std::uint64_t sequence = 10; sequence <= 30; sequence++)
    start.messages[sequence] += 1000;
  start.messages.erase(12);
  start.messages.erase(13);
  start.put(0, {{7, 70}, {9, 90}});
  start.put(13, {{13, 130}});
  CHECK(start.find().after == 9);
  for (std::uint64_t sequence = 1; sequence < 10; sequence++)
    start.messages.erase(sequence);
  CHECK(start.find().after == 9);
}

TEST_CASE("a stream is rewound to the last message that is no newer than what was captured behind it") {
  Start start;
  start.has(1, 40);
  for (std::uint64_t sequence = 16; sequence <= 40; sequence++)
    start.messages[sequence] += 1000;
  start.messages.erase(15);
  start.put(5, {{5, 50}});
  start.put(5, {{30, 300}});
  CHECK(start.find().after == 5);
  CHECK(start.find().rewound_to == 15);
  for (std::uint64_t sequence = 1; sequence <= 20; sequence++)
    start.messages.erase(sequence);
  CHECK(start.find().rewound_to == 20); // what there was before is not known any more
}

TEST_CASE("a stream that lost a message of a manifest before the last one is noticed") {
  Start start;
  start.has(1, 15);
  start.put(0, {{7, 70}});
  start.put(7, {{20, 200}});
  start.put(8, {{12, 120}});
  CHECK(start.find().after == 8);
  CHECK(start.find().rewound_to == 15);
}

TEST_CASE("a stream that lost messages that are in no block is rewound to its end") {
  Start start;
  start.has(1, 15);
  start.put(7, {{7, 70}});
  start.put(20, {}); // they were filtered
  CHECK(start.find().after == 15);
  CHECK(start.find().rewound_to == 15);
}

TEST_CASE("a stream that was rewound once is rewound once more only where it has lost its end again") {
  Start start;
  start.has(1, 10);
  start.put(7, {{7, 70}});
  start.put(7, {{13, 130}});
  REQUIRE(start.find().rewound_to == 10);
  REQUIRE(start.find().rewound_to_timestamp == 100);
  start.rewound_to = 10;
  start.rewound_to_timestamp = 100;
  start.put(7, {});
  start.rewound_to.reset();
  CHECK_FALSE(start.find().rewound_to.has_value());
  CHECK(start.find().after == 7);
  start.put(10, {}); // the lines of before have all of it
  start.messages[10] = 1100;
  CHECK(start.find().rewound_to == 9);
  start.messages[10] = 100;
  start.has(1, 12);
  start.messages[11] = 1110;
  start.messages[12] = 1120;
  start.put(12, {{12, 1120}});
  CHECK_FALSE(start.find().rewound_to.has_value());
  CHECK(start.find().after == 12);
  start.messages[12] = 2120;
  CHECK(start.find().after == 10);
  CHECK(start.find().rewound_to == 11);
}

TEST_CASE("a capture that was told to begin behind the end of the stream still does so at its next start") {
  Start start;
  start.has(1, 20);
  start.begins_at = 50;
  start.put(49, {});
  CHECK(start.find().after == 49);
  start.put(52, {{51, 510}});
  CHECK(start.find().after == 0); // it has read what the stream has not any more
}

TEST_CASE("a stream that was recreated is refused") {
  Start start;
  start.has(1, 20);
  for (auto &[sequence, timestamp] : start.messages)
    timestamp += 1000;
  start.put(9, {{7, 70}, {9, 90}});
  start.stream_created = "2026-02-02T00:00:00Z";
  CHECK(says(start.refused(), "was recreated"));
  CHECK(says(start.refused(), "--consumer"));
}

TEST_CASE("other options than until now are refused, unless they count from here") {
  Start start;
  start.has(1, 20);
  start.put(9, {{9, 90}});
  SUBCASE("of the stages") {
    start.options = "others";
  }
  SUBCASE("the interval") {
    start.settings.max_age = std::chrono::minutes(1);
  }
  SUBCASE("the path template") {
    start.settings.path_template = "{key}";
  }
  SUBCASE("the directory of a part of the key that is not there") {
    start.settings.path_null = "none";
  }
  SUBCASE("the filters") {
    start.filters = {"a.>"};
  }
  CHECK(says(start.refused(), "--from-here"));
  CHECK(says(start.refused(), "behind sequence 9"));
  start.settings.from_here = true;
  CHECK(start.find().after == 9);
}

TEST_CASE("of each flag it is decided whether a capture may go on with another value") {
  enum Effect { none, refused, another_capture };
  struct Case {
    std::string_view flag;
    const char *value;
    Effect effect;
  };
  constexpr Case cases[] = {
      {"stream", "T", another_capture},
      {"consumer", "D", another_capture},
      {"delivery", "shared", another_capture},
      {"start-sequence", "7", none},
      {"start-time", "2026-11-02T12:00:00Z", none},
      {"from-here", "true", none},
      {"takeover-after", "2s", none},
      {"parallel-backlog", "2000", refused},
      {"create-consumer", "true", none},
      {"capture-again", "true", none},
      {"filter-subject", "a.>", refused},
      {"priority-group", "g", none},
      {"accept-loss", "true", none},
      {"decoder", "csv", refused},
      {"decoder-opt", "key=a", refused},
      {"writer", "csv", refused},
      {"writer-opt", "header=no", refused},
      {"store", "s3", another_capture},
      {"store-opt", "root=elsewhere", another_capture},
      {"plugin-dir", "elsewhere", none},
      {"allow-writable-plugins", "true", none},
      {"max-age", "1m", refused},
      {"late-grace", "1m", none},
      {"max-messages", "10", none},
      {"max-bytes", "1000", none},
      {"path-template", "{key}", refused},
      {"path-null", "none", refused},
      {"compression", "gzip", refused},
      {"compression-level", "9", refused},
      {"no-ledger", "true", none},
      {"accept-missing-manifests", "true", none},
      {"state-dir", "elsewhere", none},
      {"spool-dir", "elsewhere", none},
      {"memory-limit", "1GiB", none},
      {"spool-limit", "1GiB", none},
      {"window-messages", "10", none},
      {"window-bytes", "10000", none},
      {"pipelines", "2", none},
      {"store-threads", "1", none},
      {"compress-threads", "1", none},
      {"store-timeout", "1s", none},
      {"retry-min", "1s", none},
      {"retry-max", "2s", none},
      {"ack-timeout", "1s", none},
      {"drain", "drop", none},
      {"drain-timeout", "1s", none},
      {"on-decode-error", "term", refused},
      {"once", "true", none},
      {"check", "true", none},
      {"listen", "127.0.0.1:1", none},
      {"notify-subject", "told", none},
      {"status-subject", "told", none},
      {"status-interval", "1s", none},
      {"log-level", "debug", none},
      {"log-format", "json", none},
  };
  for (const Flag &flag : flags()) {
    if (flag.group == FlagGroup::connection || flag.kind == FlagKind::command)
      continue;
    CAPTURE(flag.name);
    const auto found =
        std::find_if(std::begin(cases), std::end(cases), [&](const Case &one) { return one.flag == flag.name; });
    REQUIRE(found != std::end(cases));
    if (found->effect == another_capture)
      continue;
    Start start;
    start.has(1, 20);
    start.settings.parallel_backlog = start.first_claim;
    start.put_claim(start.first_claim, 9, {{9, 90}});
    const std::string before = captured_by(start.settings);
    CHECK(start.refused() == "");
    apply({&flag, found->value, Source::arguments, ""}, start.settings);
    start.filters = start.settings.filter_subjects;
    start.options = captured_by(start.settings) == before ? "options" : "others";
    start.settings.from_here = false;
    const std::string why = start.refused();
    CHECK_MESSAGE((why != "") == (found->effect == refused), why);
  }
}

TEST_CASE("a run that ends at a message that can't be decoded goes with runs that pass it over") {
  Start start;
  start.has(1, 20);
  start.put(9, {{9, 90}});
  start.settings.on_decode_error = OnDecodeError::stop;
  CHECK(start.refused() == "");
  start.on_decode_error = "stop";
  start.put(10, {{10, 100}});
  start.settings.on_decode_error = OnDecodeError::term;
  CHECK(start.refused() == "");
  start.on_decode_error = "term";
  start.put(11, {{11, 110}});
  CHECK(start.refused() == "");
  start.settings.on_decode_error = OnDecodeError::quarantine;
  CHECK(says(start.refused(), "was made with --on-decode-error term until now: --from-here goes on"));
}

TEST_CASE("a manifest that is damaged is refused by its name") {
  Start start;
  start.has(1, 20);
  start.put(0, {{7, 70}});
  start.put(9, {{9, 90}});
  auto objects = start.store.objects();
  SUBCASE("the last") {
    std::prev(objects.end())->second.resize(20);
  }
  SUBCASE("one before it") {
    objects.begin()->second = "nonsense";
    start.messages.erase(9); // so that it is read
  }
  start.store.set_objects(objects);
  try {
    start.find();
    FAIL("it was taken");
  } catch (const DamagedChain &error) {
    CHECK(says(error.what(), "_manifest/S/C/ordered/"));
    CHECK(says(error.what(), "jetcapture verify"));
  }
}

TEST_CASE("what hosts with shared delivery have captured under that name has to be named") {
  Start start;
  start.has(1, 20);
  start.other_chains = true;
  CHECK(says(start.refused(), "--start-sequence"));
  start.settings.start_sequence = 5;
  CHECK(start.find().after == 0); // as begin says
}
