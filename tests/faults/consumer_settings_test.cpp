#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <stdexcept>

using namespace jetcapture::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::int64_t second = 1'000'000'000;
const json fitting = {{"ack_wait", 3600 * second}, {"max_ack_pending", 20000}};

struct Setting {
  Server server;
  Client client{server.url()};
  WatchedHost host{server};
  Setting() { client.make_stream("S", {"s.>"}); }

  // The same consumer with other settings.
  void edit(const json &change) {
    json config = client.consumer("S", "C")["config"];
    config.update(change);
    client.api("CONSUMER.DURABLE.CREATE.S.C", {{"stream_name", "S"}, {"config", config}});
  }
  bool all_acked(std::uint64_t count) {
    return eventually(30s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == count; });
  }
};

// Servers before 2.11 ignore what they do not know of a consumer's configuration.
bool skipped_without(Setting &setting, const std::string &what, const json &config) {
  json wished = fitting;
  wished.update(config);
  setting.client.make_consumer("S", "C", wished);
  if (setting.client.consumer("S", "C")["config"].contains(config.begin().key()))
    return false;
  MESSAGE("skipped: this server has no " << what);
  return true;
}

} // namespace

TEST_CASE("a consumer that bounds pull requests is pulled within its bounds") {
  const std::vector<json> bounds = {
      {{"max_batch", 100}}, {{"max_expires", 5 * second}}, {{"max_expires", second / 5}}, {{"max_bytes", 1 << 20}}};
  for (const json &bound : bounds) {
    CAPTURE(bound.dump());
    Setting setting;
    json config = fitting;
    config.update(bound);
    setting.client.make_consumer("S", "C", config);
    setting.client.publish(5000, over_three_subjects);
    setting.host.start({"--once"});
    CHECK_MESSAGE(setting.host.program().wait(20s) == 0, setting.host.output());
    CHECK(setting.host.sequences().size() == 5000);
  }
}

TEST_CASE(
    "a server that bounds pull requests is obeyed, with a consumer that was made by hand and with one that we make") {
  Folder folder;
  Server server("jetstream { store_dir: \"" + folder / "store" + "\", limits: { max_request_batch: 50 } }\n");
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", fitting);
  client.publish(2000, over_three_subjects);
  for (const char *consumer : {"C", "made"}) {
    Host host(server);
    host.consumer = consumer;
    host.start({"--once", "--create-consumer"});
    CHECK_MESSAGE(host.program().wait(20s) == 0, host.output());
    CHECK(each_once(host.sequences(), 2000));
  }
}

TEST_CASE("a server that limits max_ack_pending gets a consumer within it") {
  Folder folder;
  Server server("jetstream { store_dir: \"" + folder / "store" + "\", limits: { max_ack_pending: 500 } }\n");
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(2000, over_three_subjects);
  Host host(server);
  host.start({"--once", "--create-consumer"});
  CHECK_MESSAGE(host.program().wait(30s) == 0, host.output());
  CHECK(each_once(host.sequences(), 2000));
  CHECK(client.consumer("S", "C")["config"]["max_ack_pending"] == 500);
}

TEST_CASE("bounds that a consumer gets while it is captured are adopted, and told once") {
  Setting setting;
  setting.client.make_consumer("S", "C", fitting);
  setting.host.start({"--max-age", "1s"});
  setting.client.publish(100, over_three_subjects);
  REQUIRE(setting.all_acked(100));
  setting.edit(
      {{"max_batch", 10}, {"max_expires", 2 * second}, {"max_ack_pending", 10000}, {"ack_wait", 1800 * second}});
  setting.client.publish(2000, over_three_subjects);
  CHECK_MESSAGE(setting.all_acked(2100), setting.host.output());
  CHECK(eventually(10s, [&] { return setting.host.lines_with("max_ack_pending=10000").size() == 1; }));
  CAPTURE(setting.host.output());
  CHECK(setting.host.lines_with("was edited").size() == 1);
  setting.host.program().signal(SIGTERM);
  CHECK(setting.host.program().wait(20s) == 0);
}

TEST_CASE("max_ack_pending that is lowered while capturing is obeyed, told, and shown") {
  Setting setting;
  setting.client.make_consumer("S", "C", fitting);
  setting.host.start_watched({"--max-age", "10m"});
  setting.client.publish(50, over_three_subjects);
  REQUIRE(eventually(20s, [&] { return setting.client.consumer("S", "C")["num_ack_pending"] == 50; }));
  setting.edit({{"max_ack_pending", 100}});
  CHECK(eventually(15s, [&] { return setting.host.metric("jetcapture_ack_pending_limit") == 100; }));
  // With blocks of ten minutes, only the budget can end them.
  setting.client.publish(450, over_three_subjects);
  CHECK_MESSAGE(eventually(30s, [&] { return setting.client.consumer("S", "C")["num_pending"] == 0; }),
                setting.client.consumer("S", "C").dump(), setting.host.output());
  CHECK(setting.host.lines_with("has max_ack_pending 100:").size() == 1);
}

TEST_CASE("a consumer that becomes unfit while it is captured ends the host with one sentence") {
  struct Case {
    const char *says;
    json change;
  };
  const std::vector<Case> cases = {{"--max-deliver=-1", {{"max_deliver", 5}}},
                                   {"filter", {{"filter_subject", "s.1"}}},
                                   {"headers only", {{"headers_only", true}}},
                                   {"--wait", {{"ack_wait", 2 * second}}}};
  for (const Case &one : cases) {
    CAPTURE(one.says);
    Setting setting;
    setting.client.make_consumer("S", "C", fitting);
    setting.client.publish(300, over_three_subjects);
    setting.host.start_watched({"--max-age", "30s"});
    REQUIRE(eventually(20s, [&] { return setting.host.metric("jetcapture_in_flight_messages") == 300; }));
    try {
      setting.edit(one.change);
    } catch (const std::runtime_error &error) {
      MESSAGE("this server does not let a consumer be edited so: " << error.what());
      continue;
    }
    CHECK_MESSAGE(setting.host.program().wait(20s) == 3, setting.host.output());
    CHECK(setting.host.lines_with("was edited while it was captured").size() == 1);
    CHECK(setting.host.lines_with(one.says).size() >= 1);
    CHECK(setting.host.sequences().size() == 300);
  }
}

TEST_CASE("a consumer that is paused while capturing is told, makes the host not ready, and goes on when resumed") {
  Setting setting;
  if (skipped_without(setting, "pause", {{"pause_until", "2020-01-01T00:00:00Z"}}))
    return;
  setting.host.start_watched({"--max-age", "1s"});
  const auto pause = [&](const char *until) { setting.client.api("CONSUMER.PAUSE.S.C", {{"pause_until", until}}); };
  REQUIRE(eventually(15s, [&] { return setting.host.ready_status() == 200; }));
  pause("2100-01-01T00:00:00Z");
  CHECK(eventually(15s, [&] { return setting.host.ready_status() == 503; }));
  CHECK_MESSAGE(setting.host.ready()["reasons"].dump().find("nats consumer resume S C") != std::string::npos,
                setting.host.ready().dump());
  setting.client.publish(10, over_three_subjects);
  pause("2020-01-01T00:00:00Z");
  CHECK(setting.all_acked(10));
  CHECK(eventually(15s, [&] { return setting.host.ready_status() == 200; }));
}

TEST_CASE("a consumer with priority groups is refused without --priority-group, and captured with it") {
  Setting setting;
  if (skipped_without(setting, "priority groups",
                      {{"priority_groups", {"night", "day"}}, {"priority_policy", "overflow"}}))
    return;
  setting.client.publish(500, over_three_subjects);
  CHECK(setting.host.run({"--check"}) == 2);
  CHECK_MESSAGE(setting.host.lines_with("--priority-group").size() == 1, setting.host.output());
  CHECK(setting.host.output().find("day, night") != std::string::npos);
  CHECK(setting.host.run({"--check", "--priority-group", "noon"}) == 2);
  CHECK(setting.host.lines_with("day, night").size() == 1);
  CHECK_MESSAGE(setting.host.run({"--once", "--priority-group", "day"}) == 0, setting.host.output());
  CHECK(each_once(setting.host.sequences(), 500));
  setting.client.make_consumer("S", "pinned",
                               {{"ack_wait", 3600 * second},
                                {"priority_groups", {"day"}},
                                {"priority_policy", "pinned_client"},
                                {"priority_timeout", 10 * second}});
  setting.host.consumer = "pinned";
  CHECK(setting.host.run({"--check", "--priority-group", "day"}) == 2);
  CHECK(setting.host.lines_with("pinned_client").size() == 1);
}

TEST_CASE("a priority group is refused where the consumer has none") {
  Setting setting;
  setting.client.make_consumer("S", "C", fitting);
  CHECK(setting.host.run({"--check", "--priority-group", "day"}) == 2);
  CHECK(setting.host.lines_with("leave out --priority-group").size() == 1);
}

TEST_CASE("what an existing consumer leaves out of its stream is logged at the start") {
  Setting setting;
  json config = fitting;
  config.update({{"filter_subject", "s.1"}, {"deliver_policy", "by_start_sequence"}, {"opt_start_seq", 40}});
  setting.client.make_consumer("S", "C", config);
  CHECK(setting.host.run({"--check"}) == 0);
  const auto lines = setting.host.lines_with("everything is in order");
  REQUIRE(lines.size() == 1);
  CHECK_MESSAGE(lines.front().find("filters=s.1") != std::string::npos, lines.front());
  CHECK_MESSAGE(lines.front().find("from_sequence=40") != std::string::npos, lines.front());
}

TEST_CASE("a stream that discards messages before they are sure to be stored is refused, but for --accept-loss") {
  Setting setting;
  setting.client.make_stream("SHORT", {"short.>"}, {{"max_age", 3600 * second}});
  setting.client.make_consumer("SHORT", "C", {{"ack_wait", 3600 * second}});
  setting.host.stream = "SHORT";
  CHECK(setting.host.run({"--check"}) == 2);
  CHECK_MESSAGE(setting.host.lines_with("nats consumer edit SHORT C --wait 44m").size() == 1, setting.host.output());
  CHECK(setting.host.lines_with("--accept-loss").size() == 1);
  CHECK(setting.host.run({"--check", "--accept-loss"}) == 0);
  CHECK(setting.host.lines_with("discards messages").size() == 1);
  // One that we make fits.
  setting.host.consumer = "made";
  CHECK_MESSAGE(setting.host.run({"--create-consumer", "--once"}) == 0, setting.host.output());
  CHECK(setting.client.consumer("SHORT", "made")["config"]["ack_wait"] == 44 * 60 * second);
}

TEST_CASE("stream and consumer names with a percent sign are refused with the reason") {
  Setting setting;
  setting.host.consumer = "100%";
  CHECK(setting.host.run({"--check", "--create-consumer"}) == 2);
  CHECK(setting.host.lines_with("corrupt").size() == 1);
  setting.host.consumer = "C";
  setting.host.stream = "S%d";
  CHECK(setting.host.run({"--check", "--create-consumer"}) == 2);
  CHECK(setting.host.lines_with("corrupt").size() == 1);
}
