#include "status/status_json.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;
using nlohmann::json;

TEST_CASE("a status is one line of JSON with its figures, and is final only at the end") {
  Snapshot snapshot;
  snapshot.facts.stream = "ORDERS";
  snapshot.phase = Phase::capturing;
  snapshot.messages = 12;
  snapshot.store.failing = true;
  snapshot.store.reason = "line\nbreak \xff";
  snapshot.delivery.connected = true;
  const std::string text = status_json(snapshot);
  CHECK(text.find('\n') == std::string::npos);
  const json status = json::parse(text);
  CHECK(status["stream"] == "ORDERS");
  CHECK(status["phase"] == "capturing");
  CHECK(status["messages"] == 12);
  CHECK(status["ready"] == false);
  CHECK(status["store"]["failing"] == true);
  CHECK(status["final"] == false);
  CHECK(status["failure"] == "");
  snapshot.failure = "the stream ORDERS is gone";
  CHECK(json::parse(status_json(snapshot))["failure"] == "the stream ORDERS is gone");
  const Ending ending = {.exit_status = 1, .failure = "", .returned = 5, .unconfirmed = 2};
  const json last = json::parse(status_json(snapshot, &ending));
  CHECK(last["final"] == true);
  CHECK(last["exit_status"] == 1);
  CHECK(last["failure"] == "");
  CHECK(last["returned"] == 5);
  CHECK(last["unconfirmed"] == 2);
}

TEST_CASE("a status has null where it is not known how much waits in the stream") {
  Snapshot snapshot;
  snapshot.lag_seconds = 3;
  CHECK(json::parse(status_json(snapshot))["lag_messages"].is_null());
  CHECK(json::parse(status_json(snapshot))["lag_seconds"].is_null());
  snapshot.lag_messages = 4;
  CHECK(json::parse(status_json(snapshot))["lag_messages"] == 4);
  CHECK(json::parse(status_json(snapshot))["lag_seconds"] == 3);
}

TEST_CASE("a status has what is not known to be stored, and of what a safe sequence is said") {
  Snapshot snapshot;
  snapshot.lost = 3;
  snapshot.possibly_lost = 4;
  snapshot.possibly_lost_first = 10;
  snapshot.possibly_lost_last = 20;
  snapshot.unstored_elsewhere = 6;
  snapshot.not_acked = 8;
  snapshot.uncertain_records = 2;
  snapshot.journal_pending = 120;
  snapshot.journal_problem = "no room";
  snapshot.clock_behind = 1.5;
  snapshot.coverage.filters = {"a"};
  const json status = json::parse(status_json(snapshot));
  CHECK(status["lost"] == 3);
  CHECK(status["possibly_lost"] == 4);
  CHECK(status["possibly_lost_first"] == 10);
  CHECK(status["possibly_lost_last"] == 20);
  CHECK(status["unstored_elsewhere"] == 6);
  CHECK(status["ack_pending"] == 8);
  CHECK(status["journal_uncertain_records"] == 2);
  CHECK(status["journal_pending_bytes"] == 120);
  CHECK(status["journal_problem"] == "no room");
  CHECK(status["clock_behind_seconds"] == 1.5);
  CHECK(status["safe_sequence_covers"] == "a from where the consumer began, which is not known");
  CHECK(status["notes"].size() == 4);
}

TEST_CASE("the page gets the last blocks and warnings, newest first") {
  Snapshot snapshot;
  snapshot.store.last.push_back({.name = "b", .location = "/x/b", .reason = "age", .messages = 2, .bytes = 20});
  snapshot.store.last.push_back({.name = "a"});
  const json page = json::parse(page_json(snapshot, {R"({"msg":"second"})", "not JSON", R"({"msg":"first"})"}));
  REQUIRE(page["last_blocks"].size() == 2);
  CHECK(page["last_blocks"][0]["name"] == "b");
  CHECK(page["last_blocks"][0]["location"] == "/x/b");
  REQUIRE(page["warnings"].size() == 2);
  CHECK(page["warnings"][0]["msg"] == "second");
}

TEST_CASE("with ordered delivery a status names the owner, and a standby whom it stands by for and since when") {
  Snapshot snapshot;
  CHECK_FALSE(json::parse(status_json(snapshot)).contains("owner"));
  snapshot.facts.delivery = "ordered";
  snapshot.facts.machine = "eu-1";
  snapshot.facts.run = "7f3a";
  snapshot.starts = 3;
  CHECK(json::parse(status_json(snapshot))["owner"] == json{{"host", "eu-1"}, {"run", "7f3a"}, {"starts", 3}});
  snapshot.phase = Phase::standing_by;
  snapshot.owner = {.machine = "eu-2", .run = "c01d", .starts = 4, .since = 1'500'000'000, .silent = 2.5};
  const json status = json::parse(status_json(snapshot));
  CHECK(status["phase"] == "standing_by");
  CHECK(status["ready"] == false);
  CHECK(status["owner"]["host"] == "eu-2");
  CHECK(status["owner"]["standing_by_since"] == 1.5);
  CHECK(status["owner"]["silent_seconds"] == 2.5);
}
