#include "nats/live_consumer.hpp"
#include "settings/settings.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json consumer_with(const json &change = json::object()) {
  json consumer = {{"config",
                    {{"durable_name", "C"},
                     {"ack_policy", "explicit"},
                     {"deliver_policy", "all"},
                     {"ack_wait", 3600'000'000'000},
                     {"max_ack_pending", 20000}}},
                   {"delivered", {{"stream_seq", 5}}}};
  consumer["config"].update(change);
  return consumer;
}

const json stream = {{"config", json::object()}, {"state", {{"last_seq", 10}}}};

struct Live {
  Settings wanted;
  Log log{Level::info, LogFormat::json, -1};
  ConsumerFacts facts{.stream = "S",
                      .consumer = "C",
                      .coverage = coverage_of(consumer_with()),
                      .settings = settings_of(consumer_with())};
  LiveConsumer consumer{facts, wanted, log};
  Live() {
    wanted.stream = "S";
    wanted.consumer = "C";
  }
  std::string failure() {
    try {
      consumer.check();
      return "";
    } catch (const DeliveryError &error) {
      return error.what();
    }
  }
};

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("settings that a consumer gets while it is captured are used") {
  Live live;
  live.consumer.note(consumer_with({{"max_ack_pending", 100}, {"max_batch", 10}, {"max_expires", 5'000'000'000}}));
  CHECK(live.failure().empty());
  CHECK(live.consumer.settings().max_ack_pending == 100);
  CHECK(live.consumer.settings().max_batch == 10);
  CHECK(live.consumer.settings().max_expires == 5s);
}

TEST_CASE("what is doubtful since a consumer was edited is told once") {
  Live live;
  for (int i = 0; i < 3; i++)
    live.consumer.note_warnings(consumer_with({{"max_ack_pending", 100}}), stream);
  REQUIRE(live.log.recent().size() == 1);
  CHECK(has(live.log.recent().front(), "has max_ack_pending 100"));
}

TEST_CASE("a stream whose limits are lowered below what a capture needs is told once") {
  Live live;
  json short_lived = stream;
  live.consumer.note_warnings(consumer_with(), short_lived);
  CHECK(live.log.recent().empty());
  short_lived["config"]["max_age"] = 60'000'000'000;
  for (int i = 0; i < 3; i++)
    live.consumer.note_warnings(consumer_with(), short_lived);
  REQUIRE(live.log.recent().size() == 1);
  CHECK(has(live.log.recent().front(), "discards messages after 1m"));
}

TEST_CASE("an edit that makes the consumer unfit ends the capture, and stays so") {
  for (const json &change :
       {json{{"max_deliver", 5}}, json{{"headers_only", true}}, json{{"ack_wait", 1'000'000'000}},
        json{{"inactive_threshold", 1'000'000'000}}, json{{"deliver_subject", "push.me"}},
        json{{"filter_subject", "s.1"}}, json{{"priority_groups", {"a"}}, {"priority_policy", "overflow"}}}) {
    CAPTURE(change.dump());
    Live live;
    live.consumer.note(consumer_with(change));
    CHECK(has(live.failure(), "was edited while it was captured"));
    live.consumer.note(consumer_with());
    CHECK(has(live.failure(), "was edited while it was captured"));
  }
}

TEST_CASE("a pause is trouble until it is over") {
  Live live;
  json paused = consumer_with({{"pause_until", "2100-01-01T00:00:00Z"}});
  paused["paused"] = true;
  live.consumer.note(paused);
  live.consumer.note_warnings(paused, stream);
  CHECK(has(live.consumer.trouble(), "`nats consumer resume S C`"));
  CHECK(live.log.recent().size() == 1);
  live.consumer.note(consumer_with());
  CHECK(live.consumer.trouble().empty());
}
