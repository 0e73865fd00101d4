#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Ready {
  Server server;
  Client client{server.url()};
  Host host{server};
  Ready() {
    client.make_stream("S", {"s.>"});
    client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}});
  }
  // Exits with 2 and one line that has this text.
  void refused(const std::string &text, std::vector<std::string> more,
               std::vector<std::string> stages = {"message", "ndjson", "file"}) {
    CHECK(host.run(std::move(more), std::move(stages)) == 2);
    CAPTURE(host.output());
    const auto lines = host.lines_with("jetcapture: ");
    REQUIRE(lines.size() == 1);
    CHECK_MESSAGE(lines.front().find(text) != std::string::npos, lines.front());
    CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
    CHECK(client.consumer("S", "C")["delivered"]["consumer_seq"] == 0);
  }
};

} // namespace

TEST_CASE("a payload that the writer does not take is refused before the first pull") {
  Ready ready;
  ready.client.publish(1, [](std::size_t) { return Message{"s.a", "{}"}; });
  ready.refused("jetcapture.record/1", {}, {"json", "raw", "file"});
}

TEST_CASE("a plug-in that is not there is refused with the nearest name") {
  Ready ready;
  ready.refused("did you mean \"json\"", {}, {"jsn", "ndjson", "file"});
}

TEST_CASE("an unknown option of a plug-in is refused with the nearest one") {
  Ready ready;
  ready.refused("missing", {"--decoder-opt", "mising=null"}, {"json", "csv", "file"});
}

TEST_CASE("a missing required option is refused") {
  Ready ready;
  const std::string store =
      std::filesystem::path(JETCAPTURE_BINARY).parent_path().parent_path() / "lib/jetcapture/file.so";
  ready.refused("root", {}, {"message", "ndjson", store});
}

TEST_CASE("a file that is no plug-in is refused: missing, text, a folder") {
  Ready ready;
  const std::string text = ready.host.folder() / "text.so";
  write_file(text, "this is no library\n");
  const std::string folder = ready.host.folder() / "folder.so";
  std::filesystem::create_directory(folder);
  ready.refused("nowhere.so", {}, {"/nowhere.so", "ndjson", "file"});
  ready.refused("text.so", {}, {text, "ndjson", "file"});
  ready.refused("folder.so", {}, {folder, "ndjson", "file"});
}

TEST_CASE("a shared library that is no plug-in is refused") {
  Ready ready;
  ready.refused("libz.so.1", {}, {"/lib/x86_64-linux-gnu/libz.so.1", "ndjson", "file"});
}

TEST_CASE("a plug-in of a newer ABI is refused, naming both versions") {
  Ready ready;
  ready.refused("ABI 2", {}, {JETCAPTURE_FIXTURES "/abi2.so", "ndjson", "file"});
}

TEST_CASE("a root that can't be written is refused") {
  Ready ready;
  ready.refused("root", {"--store-opt", "root=/proc/jetcapture"});
}

TEST_CASE("a missing stream is refused, with the nearest name") {
  Ready ready;
  ready.client.make_stream("ORDERS", {"o.>"});
  ready.host.stream = "ORDRES";
  ready.refused("did you mean ORDERS", {});
}

TEST_CASE("a missing consumer is refused, naming --create-consumer") {
  Ready ready;
  ready.host.consumer = "other";
  ready.refused("--create-consumer", {});
}

TEST_CASE("no server is refused within the time limit") {
  Server server;
  Host host(server);
  server.stop();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(host.run({"--connect-timeout", "2s"}) == 2);
  CHECK(host.lines_with("no NATS server answers").size() == 1);
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("a wrong flag is refused with the nearest one") {
  Ready ready;
  ready.refused("--max-age", {"--max-agee", "1h"});
}

TEST_CASE("--check binds and pulls nothing") {
  Ready ready;
  ready.client.publish(5, [](std::size_t) { return Message{"s.a", "m"}; });
  CHECK(ready.host.run({"--check"}) == 0);
  CHECK(ready.host.lines_with("everything is in order").size() == 1);
  CHECK(ready.client.consumer("S", "C")["delivered"]["consumer_seq"] == 0);
  CHECK(ready.host.files().empty());
}

TEST_CASE("--check with --create-consumer makes no consumer") {
  Ready ready;
  ready.host.consumer = "fresh";
  CHECK(ready.host.run({"--check", "--create-consumer"}) == 0);
  CHECK_THROWS(ready.client.consumer("S", "fresh"));
  CHECK(ready.client.api("CONSUMER.NAMES.S")["consumers"].size() == 1); // that of the scene
}

TEST_CASE("--check with --create-consumer refuses the filters that the server refuses to a run") {
  Ready ready;
  ready.host.consumer = "fresh";
  std::vector<std::string> told;
  for (const char *mode : {"--check", "--once"}) {
    CHECK(ready.host.run({mode, "--create-consumer", "--filter-subject", "s.*", "--filter-subject", "s.>"}) == 2);
    const auto lines = ready.host.lines_with("jetcapture: ");
    REQUIRE_MESSAGE(lines.size() == 1, ready.host.output());
    told.push_back(lines.front());
    CHECK_THROWS(ready.client.consumer("S", "fresh"));
  }
  CHECK(told[0] == told[1]);
  CHECK(ready.client.api("CONSUMER.NAMES.S")["consumers"].size() == 1); // that of the scene
}

TEST_CASE("a filter that matches no subject of the stream is warned of by --check and at the start") {
  Ready ready;
  ready.host.consumer = "typo";
  for (const char *mode : {"--check", "--once"}) {
    const bool refused = ready.host.run({mode, "--create-consumer", "--filter-subject", "t.1"}) == 2;
    // A server before 2.10 takes no such filter.
    CHECK_MESSAGE(
        ready.host.lines_with(refused ? "can't be created" : "the filter t.1 matches nothing that the stream takes")
                .size() == 1,
        ready.host.output());
  }
}

TEST_CASE("consumers that would lose or never bring messages are refused") {
  struct Case {
    const char *says;
    nlohmann::json config;
  };
  const std::vector<Case> cases = {
      {"push consumer", {{"deliver_subject", "to.me"}}},
      {"ack policy", {{"ack_policy", "all"}}},
      {"ack policy", {{"ack_policy", "none"}}},
      {"headers only", {{"headers_only", true}}},
      {"max_deliver", {{"max_deliver", 5}}},
      {"ack_wait", {{"ack_wait", 30'000'000'000}}},
      {"inactive_threshold", {{"inactive_threshold", 3600'000'000'000}}},
  };
  Ready ready;
  int number = 0;
  for (const Case &one : cases) {
    nlohmann::json config = {{"ack_wait", 3600'000'000'000}};
    config.update(one.config);
    ready.host.consumer = "c" + std::to_string(number++);
    ready.client.make_consumer("S", ready.host.consumer, config);
    ready.refused(one.says, {});
  }
}

TEST_CASE("--filter-subject captures that subject alone, and several are refused by a server that can't") {
  Ready ready;
  ready.client.publish(10, [](std::size_t i) { return Message{i % 2 == 0 ? "s.even" : "s.odd", "m"}; });
  ready.host.consumer = "filtered";
  REQUIRE(ready.host.run({"--create-consumer", "--filter-subject", "s.even", "--once"}) == 0);
  CHECK(ready.host.lines().size() == 5);
  ready.host.consumer = "two";
  const int status =
      ready.host.run({"--create-consumer", "--filter-subject", "s.even", "--filter-subject", "s.odd", "--once"});
  CHECK((status == 0 || ready.host.lines_with("older than 2.10").size() == 1));
}

TEST_CASE("wrong credentials are refused, and no secret is printed") {
  Server server("authorization { user: backup, password: \"correct-horse\" }\n");
  Host host(server);
  host.environment["JETCAPTURE_PASSWORD"] = "battery-staple";
  CHECK(host.run({"--user", "backup"}) == 2);
  CHECK(host.lines_with("refuses user backup").size() == 1);
  CHECK(host.output().find("battery-staple") == std::string::npos);
}

TEST_CASE("a user and a password from the environment connect") {
  Server server("authorization { user: backup, password: \"correct-horse\" }\n");
  Host host(server);
  host.environment["JETCAPTURE_PASSWORD"] = "correct-horse";
  CHECK(host.run({"--user", "backup"}) == 2);
  CHECK(host.lines_with("there is no stream S").size() == 1);
}
