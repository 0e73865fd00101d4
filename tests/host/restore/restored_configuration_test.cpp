#include "restore/restored_configuration.hpp"

#include "restore/tested_servers.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;
using nlohmann::json;

namespace {

const RestoreMark mark = {"0123456789abcdef", "_INBOX.x.alive"};
constexpr std::int64_t hour = 3'600'000'000'000;
constexpr std::int64_t now = 1'764'000'000'000'000'000;

json original(const json &more = json::object()) {
  json configuration = {{"name", "ORDERS"},      {"subjects", {"orders.>"}},
                        {"retention", "limits"}, {"storage", "file"},
                        {"num_replicas", 3},     {"metadata", {{"team", "shop"}, {"_nats.ver", "2.11.0"}}}};
  configuration.update(more);
  return configuration;
}

RestoredMessages messages(std::uint64_t count = 10) {
  return {.messages = count, .bytes = 1000, .first_timestamp = now - 2 * hour, .most_of_a_subject = 4};
}

} // namespace

TEST_CASE("a stream that is being restored has no limits and listens on a subject of its own") {
  const json meanwhile = configuration_meanwhile(original({{"max_age", hour},
                                                           {"max_msgs", 5},
                                                           {"deny_delete", true},
                                                           {"republish", {{"dest", "x"}}},
                                                           {"allow_msg_ttl", true},
                                                           {"mirror", {{"name", "X"}}},
                                                           {"placement", {{"tags", {"ssd"}}}}}),
                                                 {.stream = "BACK"}, mark, true);
  CHECK(meanwhile.at("name") == "BACK");
  CHECK(meanwhile.at("subjects") == json::array({"_JC.restore.0123456789abcdef"}));
  CHECK(meanwhile.at("max_age") == 0);
  CHECK(meanwhile.at("max_msgs") == -1);
  CHECK(meanwhile.at("num_replicas") == 3);
  CHECK(meanwhile.at("placement") == json{{"tags", {"ssd"}}});
  for (const char *later : {"deny_delete", "republish", "allow_msg_ttl", "mirror"})
    CHECK_MESSAGE(!meanwhile.contains(later), later);
}

TEST_CASE("what a server can't change later is there from the start") {
  const json meanwhile = configuration_meanwhile(
      original({{"retention", "workqueue"}, {"allow_msg_counter", true}, {"persist_mode", "async"}}),
      {.stream = "BACK", .replicas = 1}, mark, true);
  CHECK(meanwhile.at("retention") == "workqueue");
  CHECK(meanwhile.at("allow_msg_counter") == true);
  CHECK(meanwhile.at("persist_mode") == "async");
  CHECK(meanwhile.at("num_replicas") == 1);
}

TEST_CASE("a mark is read from metadata or the description and nothing else is taken for one") {
  for (const bool has_metadata : {true, false}) {
    json meanwhile = configuration_meanwhile(original(), {.stream = "BACK"}, mark, has_metadata);
    CHECK(mark_of(meanwhile) == mark);
    meanwhile["subjects"] = {"orders.>"};
    CHECK(!mark_of(meanwhile));
  }
  CHECK(!mark_of(original()));
  CHECK(!mark_of({{"description", "jetcapture restore"}, {"subjects", {"_JC.restore."}}}));
  CHECK(!mark_of({{"description", "jetcapture restore 01 a b"}, {"subjects", {"_JC.restore.01"}}}));
}

TEST_CASE("a stream goes live with its own configuration and without the mark") {
  const LiveConfiguration live = configuration_to_go_live(original({{"max_age", 3 * hour},
                                                                    {"max_msgs", 10},
                                                                    {"max_bytes", 1000},
                                                                    {"max_msgs_per_subject", 4},
                                                                    {"deny_delete", true},
                                                                    {"first_seq", 100}}),
                                                          {.stream = "BACK", .subjects = {"back.>"}}, messages(), now);
  CHECK(live.left_out.empty());
  const json configuration = json::parse(live.json);
  CHECK(configuration == json{{"name", "BACK"},
                              {"subjects", {"back.>"}},
                              {"retention", "limits"},
                              {"storage", "file"},
                              {"num_replicas", 3},
                              {"metadata", {{"team", "shop"}}},
                              {"max_age", 3 * hour},
                              {"max_msgs", 10},
                              {"max_bytes", 1000},
                              {"max_msgs_per_subject", 4},
                              {"deny_delete", true}});
}

TEST_CASE("what would remove restored messages or have them act again is left out and told") {
  RestoredMessages some = messages();
  some.with_ttl = 2;
  const LiveConfiguration live = configuration_to_go_live(original({{"max_age", hour},
                                                                    {"max_msgs", 9},
                                                                    {"max_bytes", 999},
                                                                    {"max_msgs_per_subject", 3},
                                                                    {"retention", "interest"},
                                                                    {"storage", "memory"},
                                                                    {"mirror", {{"name", "X"}}},
                                                                    {"republish", {{"dest", "x"}}},
                                                                    {"allow_msg_schedules", true},
                                                                    {"allow_msg_ttl", true}}),
                                                          {.stream = "BACK"}, some, now);
  CHECK(live.left_out ==
        std::vector<std::string>{
            "the stream is kept in files: only such a stream can be restored",
            "retention is limits and not interest: it would remove messages that no consumer wants",
            "mirror is not set: it would begin to copy, behind other messages",
            "republish is not set: set it once its readers are ready",
            "allow_msg_schedules is not set: old schedules would fire",
            "allow_msg_ttl is not set: it would remove restored messages, since 2 have a Nats-TTL header",
            "max_age 1h is not set: it would remove restored messages at once",
            "max_msgs 9 is not set: it would remove restored messages at once",
            "max_bytes 999 is not set: it would remove restored messages at once",
            "max_msgs_per_subject 3 is not set: it would remove restored messages at once"});
  const json configuration = json::parse(live.json);
  CHECK(configuration.at("max_age") == 0);
  CHECK(configuration.at("max_msgs") == -1);
  for (const char *out : {"mirror", "republish", "allow_msg_schedules", "allow_msg_ttl"})
    CHECK_MESSAGE(!configuration.contains(out), out);
}

TEST_CASE("a key-value bucket keeps a history that is long enough for its restored messages") {
  const json bucket = original({{"name", "KV_settings"}, {"max_msgs_per_subject", 3}, {"discard", "new"}});
  const LiveConfiguration live = configuration_to_go_live(bucket, {.stream = "KV_settings"}, messages(), now);
  CHECK(live.left_out == std::vector<std::string>{"max_msgs_per_subject 3 is 4 instead: it would remove restored "
                                                  "messages at once"});
  CHECK(json::parse(live.json).at("max_msgs_per_subject") == 4);
  CHECK(is_bucket(bucket));
  CHECK(is_bucket(original({{"name", "OBJ_files"}})));
  CHECK(!is_bucket(original()));
}

TEST_CASE("a stream that refuses new messages when it is full has its limits although it is full") {
  const LiveConfiguration live =
      configuration_to_go_live(original({{"max_msgs", 9}, {"discard", "new"}}), {.stream = "BACK"}, messages(), now);
  CHECK(live.left_out.empty());
  CHECK(json::parse(live.json).at("max_msgs") == 9);
}

TEST_CASE("a consumer begins where it was if that is known") {
  const json durable = {{"durable_name", "c"}, {"deliver_policy", "by_start_time"}, {"opt_start_time", "2026"}};
  CHECK(restored_consumer(durable, 0).at("deliver_policy") == "by_start_time");
  const json known = restored_consumer(durable, 17);
  CHECK(known.at("deliver_policy") == "by_start_sequence");
  CHECK(known.at("opt_start_seq") == 17);
  CHECK(!known.contains("opt_start_time"));
  CHECK(is_durable(durable));
  CHECK(!is_durable({{"name", "c"}}));
}

TEST_CASE("versions of servers are read as they greet") {
  CHECK(version_of("2.14.10") == ServerVersion{2, 14});
  CHECK(version_of("2.15.0-dev") == ServerVersion{2, 15});
  CHECK(!version_of("not known"));
  CHECK(!version_of("2"));
}
