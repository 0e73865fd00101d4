#include "nats/consumer_checks.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

Settings settings() {
  Settings settings;
  settings.stream = "S";
  settings.consumer = "C";
  return settings;
}

json good_consumer() {
  return {{"config",
           {{"durable_name", "C"},
            {"ack_policy", "explicit"},
            {"deliver_policy", "all"},
            {"ack_wait", 3600'000'000'000},
            {"max_deliver", -1},
            {"max_ack_pending", 100000},
            {"num_replicas", 0}}},
          {"delivered", {{"stream_seq", 5}}}};
}

json good_stream() {
  return {{"config", {{"num_replicas", 1}, {"max_age", 0}}}, {"state", {{"last_seq", 10}}}};
}

std::string refusal(const json &consumer, const json &stream = good_stream(), const Settings &with = settings()) {
  try {
    check_consumer(consumer, stream, with);
    return "";
  } catch (const StartupError &error) {
    return error.what();
  }
}

json with(const char *name, const json &value) {
  json consumer = good_consumer();
  consumer["config"][name] = value;
  return consumer;
}

std::string only_warning(const json &consumer, const json &stream = good_stream()) {
  const auto warnings = check_consumer(consumer, stream, settings());
  REQUIRE(warnings.size() == 1);
  return warnings.front();
}

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a fitting consumer passes without a word") {
  CHECK(refusal(good_consumer()).empty());
  CHECK(check_consumer(good_consumer(), good_stream(), settings()).empty());
}

TEST_CASE("each unfit consumer is refused with a sentence that names the fix") {
  CHECK(has(refusal(with("deliver_subject", "a.b")), "push consumer"));
  CHECK(has(refusal(with("ack_policy", "all")), "explicit"));
  CHECK(has(refusal(with("headers_only", true)), "headers only"));
  CHECK(has(refusal(with("max_deliver", 3)), "nats consumer edit S C --max-deliver=-1"));
  CHECK(has(refusal(with("inactive_threshold", 5'000'000'000)), "inactive_threshold"));
  CHECK(has(refusal(with("ack_wait", 30'000'000'000)), "nats consumer edit S C --wait"));
  CHECK(has(refusal(with("durable_name", "")), "not durable"));
  json ahead = good_consumer();
  ahead["delivered"]["stream_seq"] = 11;
  CHECK(has(refusal(ahead), "ahead of its stream"));
  ahead["config"].update({{"deliver_policy", "by_start_sequence"}, {"opt_start_seq", 11}});
  CHECK(has(refusal(ahead), "ahead of its stream"));
  ahead["config"]["opt_start_seq"] = 12;
  CHECK(refusal(ahead).empty());
  CHECK(has(refusal(with("max_expires", 50'000'000)), "--max-pull-expire 10s"));
  CHECK(has(refusal(with("max_waiting", 1)), "max_waiting"));
  CHECK(refusal(with("max_waiting", 4)).empty());
}

TEST_CASE("a consumer with priority groups needs one of them, and a pinned one is refused") {
  json grouped = with("priority_groups", {"night", "day"});
  grouped["config"]["priority_policy"] = "overflow";
  CHECK(has(refusal(grouped), "--priority-group with one of day, night"));
  Settings of_group = settings();
  of_group.priority_group = "day";
  CHECK(refusal(grouped, good_stream(), of_group).empty());
  CHECK(has(refusal(good_consumer(), good_stream(), of_group), "leave out --priority-group"));
  of_group.priority_group = "noon";
  CHECK(has(refusal(grouped, good_stream(), of_group), "one of day, night"));
  grouped["config"]["priority_policy"] = "pinned_client";
  CHECK(has(refusal(grouped, good_stream(), of_group), "pinned_client"));
}

TEST_CASE("what a consumer covers is known from its filters and where it begins") {
  CHECK(coverage_of(good_consumer()).first_sequence == 1);
  CHECK(coverage_of(good_consumer()).filters.empty());
  CHECK(coverage_of(with("filter_subjects", {"b", "a"})).filters == std::vector<std::string>{"a", "b"});
  json later = with("deliver_policy", "by_start_sequence");
  later["config"]["opt_start_seq"] = 40;
  CHECK(coverage_of(later).first_sequence == 40);
  json fresh = with("deliver_policy", "new");
  fresh["delivered"] = {{"consumer_seq", 0}, {"stream_seq", 100}};
  CHECK(coverage_of(fresh).first_sequence == 101);
  // Of what is behind it only the last message of each subject comes.
  fresh["config"]["deliver_policy"] = "last_per_subject";
  CHECK(coverage_of(fresh).first_sequence == std::nullopt);
  fresh["config"]["deliver_policy"] = "new";
  fresh["delivered"]["consumer_seq"] = 7;
  CHECK(coverage_of(fresh).first_sequence == std::nullopt);
}

TEST_CASE("the smallest backoff counts as ack_wait") {
  CHECK(settings_of(json{{"config", {{"ack_wait", 100}, {"backoff", {50, 20, 70}}}}}).ack_wait == 20ns);
  CHECK(has(refusal(with("backoff", {1'000'000'000, 3600'000'000'000})), "--wait"));
}

TEST_CASE("the server's default ack_wait of 30 seconds is enough for blocks of 15 seconds") {
  Settings small = settings();
  small.max_age = 15s;
  CHECK(refusal(with("ack_wait", 30'000'000'000), good_stream(), small).empty());
  small.late_grace = 1s;
  CHECK(has(refusal(with("ack_wait", 30'000'000'000), good_stream(), small), "ack_wait"));
}

TEST_CASE("a filter other than the one asked for is refused") {
  Settings filtered = settings();
  filtered.filter_subjects = {"a", "b"};
  CHECK(has(refusal(with("filter_subject", "a"), good_stream(), filtered), "asks for a, b"));
  CHECK(refusal(with("filter_subjects", {"b", "a"}), good_stream(), filtered).empty());
}

TEST_CASE("each doubtful consumer gives a warning") {
  CHECK(has(only_warning(with("max_ack_pending", 1000)), "--max-pending"));
  CHECK(has(only_warning(with("max_ack_pending", 1000000)), "250000"));
  CHECK(has(only_warning(with("mem_storage", true)), "memory"));
  CHECK(has(only_warning(with("deliver_policy", "new")), "deliver policy new"));
  json replicated = good_stream();
  replicated["config"]["num_replicas"] = 3;
  CHECK(has(only_warning(with("num_replicas", 1), replicated), "one replica"));
  json with_ttl = good_stream();
  with_ttl["config"]["allow_msg_ttl"] = true;
  CHECK(has(only_warning(good_consumer(), with_ttl), "TTL"));
  CHECK(has(only_warning(with("replay_policy", "original")), "replay policy original"));
  json paused = good_consumer();
  paused["paused"] = true;
  CHECK(has(only_warning(paused), "paused"));
  CHECK(check_consumer(with("max_ack_pending", -1), good_stream(), settings()).empty());
}

TEST_CASE(
    "a filter that matches no subject of its stream gives a warning, but where messages come from another stream") {
  json stream = good_stream();
  stream["config"]["subjects"] = {"orders.*.new", "payments.>"};
  for (const char *filter : {"orders.eu.new", "orders.>", "*.eu.*", ">", "payments.a.b", "*.*.new"})
    CHECK_MESSAGE(check_consumer(with("filter_subject", filter), stream, settings()).empty(), filter);
  for (const char *filter : {"orders.eu", "orders.eu.old", "orders.*.new.*", "payments", "order.>"})
    CHECK_MESSAGE(has(only_warning(with("filter_subject", filter), stream), filter), filter);
  CHECK(has(only_warning(with("filter_subjects", {"orders.>", "other"}), stream),
            "the filter other matches nothing that the stream takes, which is orders.*.new, payments.>"));
  const std::pair<const char *, json> others[] = {{"mirror", {{"name", "O"}}},
                                                  {"sources", json::array({{{"name", "O"}}})},
                                                  {"subject_transform", {{"src", ">"}, {"dest", "x.>"}}}};
  for (const auto &[name, value] : others) {
    json with_another = stream;
    with_another["config"][name] = value;
    CHECK(check_consumer(with("filter_subject", "other"), with_another, settings()).empty());
  }
}

TEST_CASE("a consumer that is made passes its own check") {
  Settings long_blocks = settings();
  long_blocks.max_age = 6h;
  for (const Settings &one : {settings(), long_blocks}) {
    json consumer = good_consumer();
    consumer["config"].update(consumer_config(one, good_stream()));
    CHECK(check_consumer(consumer, good_stream(), one).empty());
  }
}

TEST_CASE(
    "a stream that discards sooner than ack_wait and the hold together is refused, or warned of with --accept-loss") {
  json short_lived = good_stream();
  short_lived["config"]["max_age"] = 3600'000'000'000;
  CHECK(has(refusal(good_consumer(), short_lived), "`nats consumer edit S C --wait 44m`"));
  CHECK(has(refusal(good_consumer(), short_lived), "--accept-loss"));
  Settings accepting = settings();
  accepting.accept_loss = true;
  CHECK(refusal(good_consumer(), short_lived, accepting).empty());
  CHECK(check_consumer(good_consumer(), short_lived, accepting).size() == 1);
  // 15 minutes of the block and one to store it, twice.
  json fitting = good_consumer();
  fitting["config"].update(consumer_config(settings(), short_lived));
  CHECK(fitting["config"]["ack_wait"] == 44 * 60'000'000'000);
  CHECK(check_consumer(fitting, short_lived, settings()).empty());
  json too_short = good_stream();
  too_short["config"]["max_age"] = 20 * 60'000'000'000;
  fitting["config"].update(consumer_config(settings(), too_short));
  CHECK(has(refusal(fitting, too_short), "smaller --max-age"));
  CHECK_FALSE(has(refusal(fitting, too_short), "--wait"));
}

TEST_CASE("a stream's limit for its consumers bounds what is asked for") {
  json stream = good_stream();
  stream["config"]["consumer_limits"] = {{"max_ack_pending", 500}};
  CHECK(consumer_config(settings(), stream)["max_ack_pending"] == 500);
}

TEST_CASE("a consumer that is created begins behind what is safe on that stream, and at its first message otherwise") {
  json stream = good_stream();
  stream["created"] = "2026-01-01T00:00:00Z";
  std::vector<std::string> warnings;
  CHECK(start_after({"2026-01-01T00:00:00Z", 7}, stream, warnings) == 8);
  CHECK(start_after({"2026-01-01T00:00:00Z", 10}, stream, warnings) == 11);
  CHECK(start_after({"2026-01-01T00:00:00Z", 0}, stream, warnings) == 0);
  CHECK(start_after({"2026-01-02T00:00:00Z", 7}, stream, warnings) == 0);
  CHECK(start_after({}, stream, warnings) == 0);
  json work_queue = stream;
  work_queue["config"]["retention"] = "workqueue";
  CHECK(start_after({"2026-01-01T00:00:00Z", 7}, work_queue, warnings) == 0);
  CHECK(warnings.empty());
  // It was restored, or lost its end: what has those sequences now was not captured.
  CHECK(start_after({"2026-01-01T00:00:00Z", 11}, stream, warnings) == 0);
  REQUIRE(warnings.size() == 1);
  CHECK(has(warnings[0], "ends at 10 and was captured up to 11"));
}
