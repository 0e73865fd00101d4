#include "nats/stream_limits.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::int64_t now = 1'767'225'600'000'000'000; // 2026-01-01T00:00:00Z

// Its first message is ten minutes old.
json stream(const json &config, const json &state) {
  json all = {{"config", {{"discard", "old"}, {"retention", "limits"}}},
              {"state", {{"first_ts", "2025-12-31T23:50:00Z"}, {"first_seq", 1}, {"num_subjects", 1}}}};
  all["config"].update(config);
  all["state"].update(state);
  return all;
}

std::optional<EarlyDiscard> of(const json &config, const json &state) {
  return find_early_discard(stream(config, state), 16min, 48min, now);
}

} // namespace

TEST_CASE("a stream without limits discards nothing") {
  const json full = {{"messages", 1'000'000}, {"bytes", 1'000'000'000}, {"last_seq", 1'000'000}};
  CHECK_FALSE(of(json::object(), full));
  CHECK_FALSE(of({{"max_msgs", -1}, {"max_bytes", -1}, {"max_age", 0}, {"max_msgs_per_subject", -1}}, full));
}

TEST_CASE("max_age counts by itself") {
  CHECK(of({{"max_age", 3600'000'000'000}}, {{"messages", 0}})->certain);
  CHECK(of({{"max_age", 3600'000'000'000}}, {{"messages", 0}})->keeps == 1h);
  CHECK_FALSE(of({{"max_age", 64 * 60'000'000'000}}, {{"messages", 0}}));
}

TEST_CASE("a full stream keeps a message for as long as its first one is there") {
  const auto full = of({{"max_msgs", 1000}}, {{"messages", 1000}, {"last_seq", 5000}});
  REQUIRE(full);
  CHECK(full->certain);
  CHECK(full->keeps == 10min);
  CHECK(full->limit == "max_msgs 1000");
  const auto bytes = of({{"max_bytes", 2000}}, {{"messages", 1000}, {"bytes", 1900}, {"last_seq", 1000}});
  REQUIRE(bytes);
  CHECK(bytes->certain);
}

TEST_CASE("what is estimated from too little is not certain: few messages, or a stream that is far from full") {
  CHECK_FALSE(of({{"max_msgs", 100}}, {{"messages", 100}, {"last_seq", 100}})->certain);
  CHECK_FALSE(of({{"max_msgs", 1200}}, {{"messages", 600}, {"last_seq", 600}})->certain);
  CHECK_FALSE(of({{"max_msgs", 1000}}, {{"messages", 10}, {"last_seq", 10}}));
  // Longer than the hold, shorter than ack_wait and the hold.
  CHECK_FALSE(of({{"max_msgs", 2000}}, {{"messages", 1000}, {"last_seq", 1000}})->certain);
  CHECK_FALSE(of({{"max_msgs", 100'000}}, {{"messages", 1000}, {"last_seq", 1000}}));
}

TEST_CASE("a stream that refuses new messages when it is full loses none") {
  CHECK_FALSE(of({{"max_msgs", 1000}, {"discard", "new"}}, {{"messages", 1000}, {"last_seq", 1000}}));
}

TEST_CASE("a limit for each subject counts by how often a subject is published to") {
  const json kept = {{"messages", 100}, {"last_seq", 6000}, {"num_subjects", 100}};
  const auto one = of({{"max_msgs_per_subject", 1}}, kept);
  REQUIRE(one);
  CHECK(one->certain);
  CHECK(one->keeps == 10s);
  CHECK_FALSE(of({{"max_msgs_per_subject", 1000}}, kept));
  // Of a work queue, messages also go since they were acked.
  CHECK_FALSE(of({{"max_msgs_per_subject", 1}, {"retention", "workqueue"}}, kept)->certain);
  CHECK_FALSE(of({{"max_msgs_per_subject", 1}, {"discard", "new"}, {"discard_new_per_subject", true}}, kept));
}

TEST_CASE("of several limits the one that removes a message first is told, also where it is an estimate") {
  const json state = {{"messages", 1000}, {"bytes", 1000}, {"last_seq", 1000}};
  CHECK_FALSE(shortest_kept(stream(json::object(), state), now));
  CHECK(shortest_kept(stream({{"max_age", 3600'000'000'000}}, state), now)->keeps == 1h);
  const auto by_messages = shortest_kept(stream({{"max_age", 3600'000'000'000}, {"max_msgs", 2000}}, state), now);
  REQUIRE(by_messages);
  CHECK(by_messages->limit == "max_msgs 2000");
  CHECK(by_messages->keeps == 20min);
}
