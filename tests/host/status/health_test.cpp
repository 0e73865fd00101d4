#include "status/health.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;

namespace {

Snapshot good() {
  Snapshot snapshot;
  snapshot.phase = Phase::capturing;
  snapshot.delivery.connected = true;
  snapshot.consumer_known = true;
  return snapshot;
}

// The one reason why it is not ready; fails where there is another number of them.
std::string only_reason(const Snapshot &snapshot) {
  const auto json = nlohmann::json::parse(readiness_text(snapshot));
  CHECK(json["ready"] == false);
  REQUIRE(json["reasons"].size() == 1);
  return json["reasons"][0];
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a capture that goes its way is alive and ready, without reasons") {
  const auto json = nlohmann::json::parse(readiness_text(good()));
  CHECK(json["ready"] == true);
  CHECK(json["reasons"].empty());
  for (const auto &[name, is_good] : json["checks"].items())
    CHECK_MESSAGE(is_good == true, name);
  CHECK(nlohmann::json::parse(liveness_text(good()))["alive"] == true);
}

TEST_CASE("each thing that is wrong is named by a reason") {
  Snapshot snapshot = good();
  snapshot.phase = Phase::starting;
  CHECK(has(only_reason(snapshot), "starting"));
  snapshot = good();
  snapshot.phase = Phase::draining;
  CHECK(has(only_reason(snapshot), "ending"));
  snapshot.failure = "the stream S is gone";
  CHECK(only_reason(snapshot) == "the capture can't go on, and ends: the stream S is gone");
  snapshot = good();
  snapshot.delivery.connected = false;
  CHECK(has(only_reason(snapshot), "not connected to NATS"));
  snapshot = good();
  snapshot.consumer_known = false;
  snapshot.facts.consumer = "nightly";
  CHECK(has(only_reason(snapshot), "consumer nightly"));
  snapshot = good();
  snapshot.wait = {.stage = "decoder json", .reason = "the registry does not answer", .sequence = 7};
  snapshot.waits = 12;
  CHECK(only_reason(snapshot) ==
        "the decoder json asks to wait, for 12 s now, at message 7: the registry does not answer");
  CHECK(is_alive(snapshot));
  snapshot = good();
  snapshot.store.failing = true;
  snapshot.store.reason = "disk \"a\" is full\xff";
  CHECK(has(only_reason(snapshot), "disk \"a\" is full"));
  snapshot.store.refused = 1;
  CHECK(has(only_reason(snapshot), "until someone acts"));
}

TEST_CASE("messages that wait while none comes are a stall, and an idle stream is none") {
  Snapshot snapshot = good();
  snapshot.since_message = 3600;
  CHECK(all_good(readiness(snapshot)));
  snapshot.lag_messages = 1;
  CHECK(has(only_reason(snapshot), "none has come for 3600 s"));
  CHECK_FALSE(has(only_reason(snapshot), "max_ack_pending"));
  snapshot.ack_budget = 1;
  CHECK(has(only_reason(snapshot), "max_ack_pending is used up"));
  snapshot.since_message = 5;
  CHECK(all_good(readiness(snapshot)));
}

TEST_CASE("a capture thread that does not go round is neither ready nor alive") {
  Snapshot snapshot = good();
  snapshot.since_beat = 31;
  CHECK(has(only_reason(snapshot), "31 s"));
  CHECK_FALSE(is_alive(snapshot));
  CHECK(nlohmann::json::parse(liveness_text(snapshot))["reasons"].size() == 1);
  snapshot.phase = Phase::ended;
  CHECK(is_alive(snapshot));
  snapshot.phase = Phase::starting;
  CHECK(is_alive(snapshot));
  snapshot.since_beat = 601;
  CHECK_FALSE(is_alive(snapshot));
}

TEST_CASE("a pause of pulling is a stall only when it lasts") {
  Snapshot snapshot = good();
  snapshot.paused = true;
  snapshot.since_message = 1;
  CHECK(all_good(readiness(snapshot)));
  snapshot.since_message = 11;
  CHECK(has(only_reason(snapshot), "pulling pauses"));
}

TEST_CASE(
    "a call into a plug-in that takes longer than it may is named with its message, and the capture is not alive") {
  using namespace std::chrono_literals;
  Snapshot snapshot = good();
  snapshot.facts.store_timeout = 300s;
  snapshot.calls = {{{StageCall::store_put, 10, 0}, 320s}, {{StageCall::decoder_decode, 42, 0}, 29s}};
  CHECK(is_alive(snapshot));
  snapshot.calls[1].lasts = 31s;
  CHECK_FALSE(is_alive(snapshot));
  CHECK(has(liveness_text(snapshot), "the decoder has not returned from decode() at message 42 for 31 s"));
  CHECK(has(only_reason(snapshot), "at message 42"));
  snapshot.calls = {{{StageCall::store_put, 10, 0}, 331s}};
  CHECK(has(only_reason(snapshot), "the store has not returned from put() of the block that begins with message 10"));
  // The capture thread may be what is held up.
  snapshot.calls = {{{StageCall::writer_write, 43, 0}, 29s}};
  snapshot.since_beat = 31;
  CHECK(has(only_reason(snapshot),
            "has made no progress for 31 s: the writer has not returned from write() at message 43"));
}

TEST_CASE("a call that lasts is told from calls that follow each other") {
  using namespace std::chrono_literals;
  CallRecord record;
  CallWatch watch(record);
  const CallWatch::Clock::time_point begin{};
  CHECK(watch.look(begin).empty());
  {
    const CallRecord::Call call(&record, StageCall::decoder_decode, 1, 1);
    CHECK(watch.look(begin + 1s).at(0).lasts == 0s);
    CHECK(watch.look(begin + 4s).at(0).lasts == 3s);
  }
  const CallRecord::Call call(&record, StageCall::decoder_decode, 1, 1);
  CHECK(watch.look(begin + 5s).at(0).lasts == 0s);
}

TEST_CASE("what is true of a capture that is ready, and is not good, stands in its notes") {
  const auto notes_of = [](const Snapshot &snapshot) {
    const auto json = nlohmann::json::parse(readiness_text(snapshot));
    CHECK(json["ready"] == true);
    return json["notes"].dump();
  };
  Snapshot snapshot = good();
  CHECK(notes_of(snapshot) == "[]");
  snapshot.lost = 3;
  CHECK(has(notes_of(snapshot), "at least 3 messages left the stream before they were captured"));
  snapshot.possibly_lost = 7;
  snapshot.possibly_lost_first = 11;
  snapshot.possibly_lost_last = 20;
  CHECK(has(notes_of(snapshot),
            "up to 7 more messages may have left the stream before they were captured, among sequences 11 to 20"));
  snapshot.lost = 0;
  CHECK(has(notes_of(snapshot), "[\"up to 7 messages may have left"));
  snapshot = good();
  snapshot.unstored_elsewhere = 4;
  CHECK(
      has(notes_of(snapshot), "4 messages are in flight at other hosts or of earlier runs: they are not known to be"));
  snapshot = good();
  snapshot.uncertain_records = 2;
  CHECK(has(notes_of(snapshot), "the journal was damaged: the contents of 2 records are unknown"));
}

TEST_CASE("what is covered is told by filters and by where the consumer began") {
  CHECK(covered_text({.filters = {}, .first_sequence = 1}) == "all");
  CHECK(covered_text({.filters = {"a", "b.*"}, .first_sequence = 1}) == "a, b.*");
  CHECK(covered_text({.filters = {}, .first_sequence = 500}) == "all subjects from sequence 500");
  CHECK(covered_text({.filters = {"a"}, .first_sequence = 500}) == "a from sequence 500");
  CHECK(covered_text({.filters = {}, .first_sequence = std::nullopt}) ==
        "all subjects from where the consumer began, which is not known");
}

TEST_CASE("a journal that can't be written is named, with what waits, and the store is not blamed for it") {
  Snapshot snapshot = good();
  snapshot.journal_problem = "the journal /x/journal can't be written (No space left on device)";
  snapshot.journal_pending = 120;
  CHECK(only_reason(snapshot) ==
        snapshot.journal_problem + ": nothing is stored or acked until it can, and 120 bytes of records wait");
  // The store has a state of its own, whatever it says.
  snapshot.store.failing = true;
  snapshot.store.reason = snapshot.journal_problem;
  CHECK(nlohmann::json::parse(readiness_text(snapshot))["reasons"].size() == 2);
  // Records that wait for the next block are nothing wrong.
  snapshot = good();
  snapshot.journal_pending = 120;
  CHECK(all_good(readiness(snapshot)));
}

TEST_CASE("what the server refuses to pull or to ack makes a capture not ready, by its sentence") {
  Snapshot snapshot = good();
  snapshot.delivery.trouble = "the user may not publish to $JS.ACK.>: allow it";
  CHECK(only_reason(snapshot) == snapshot.delivery.trouble);
}

TEST_CASE("a host that stands by is alive and never ready, and says whom it stands by for and since when") {
  Snapshot snapshot;
  snapshot.phase = Phase::standing_by;
  snapshot.since_beat = 1e6; // there is no capture thread yet
  CHECK(has(only_reason(snapshot), "it is not known yet who owns this capture"));
  snapshot.owner = {.machine = "eu-1",
                    .run = "7f3a",
                    .since = 1'795'521'600'000'000'000,
                    .silent = 0.5,
                    .takes_over = std::chrono::seconds(15)};
  CHECK(only_reason(snapshot) ==
        "standing by since 2026-11-24T12:00:00Z: another host owns this capture, eu-1 (run 7f3a), "
        "and shows that it lives");
  CHECK(is_alive(snapshot));
  snapshot.owner.silent = 9;
  CHECK(has(only_reason(snapshot), "has shown no sign of life for 9 s; this host takes over after 15 s"));
  snapshot.owner.problem = "403 Forbidden";
  CHECK(has(only_reason(snapshot), "the store can't be asked who owns this capture: 403 Forbidden"));
}

TEST_CASE("with ordered delivery no reason speaks of a consumer or of acks") {
  Snapshot snapshot = good();
  snapshot.facts.delivery = "ordered";
  snapshot.facts.stream = "ORDERS";
  snapshot.facts.consumer = "exact";
  snapshot.consumer_known = false;
  CHECK(only_reason(snapshot) == "the server does not answer about the stream ORDERS");
  snapshot.consumer_known = true;
  snapshot.phase = Phase::draining;
  CHECK(only_reason(snapshot) == "the capture is ending: it stores what is in flight");
}
