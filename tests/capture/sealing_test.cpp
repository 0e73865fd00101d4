#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <set>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

Message numbered(std::size_t i) {
  return {"s.a", "message " + std::to_string(i)};
}

} // namespace

TEST_CASE("a quiet stream is stored within its interval, by the wall clock") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 60 * second}});
  client.publish(10, numbered);
  Host host(server);
  host.start({"--max-age", "2s"});
  // Nothing more is published: the reference waited for the next message for ever.
  REQUIRE(eventually(15s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 10; }));
  CHECK(each_once(host.sequences(), 10));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(10s) == 0);
}

TEST_CASE("--max-messages and --max-bytes seal blocks, held within one message") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(1000, [](std::size_t) { return Message{"s.a", std::string(99, 'x')}; });
  SUBCASE("by messages") {
    Host host(server);
    REQUIRE(host.run({"--create-consumer", "--once", "--max-messages", "300"}, {"message", "raw", "file"}) == 0);
    std::multiset<std::uintmax_t> sizes;
    for (const std::string &file : host.files())
      sizes.insert(std::filesystem::file_size(std::filesystem::path(host.root()) / file));
    CHECK(sizes == std::multiset<std::uintmax_t>{10000, 30000, 30000, 30000});
  }
  SUBCASE("by bytes") {
    Host host(server);
    REQUIRE(host.run({"--create-consumer", "--once", "--max-bytes", "30050"}, {"message", "raw", "file"}) == 0);
    std::multiset<std::uintmax_t> sizes;
    for (const std::string &file : host.files())
      sizes.insert(std::filesystem::file_size(std::filesystem::path(host.root()) / file));
    CHECK(sizes == std::multiset<std::uintmax_t>{30100, 30100, 30100, 9700});
  }
}

TEST_CASE("max_ack_pending 1000 and blocks of an hour: no stall, all captured, and no tiny files") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 7200 * second}});
  REQUIRE(client.consumer("S", "C")["config"]["max_ack_pending"] == 1000);
  client.publish(20000, [](std::size_t i) { return Message{"s." + std::to_string(i % 10), "message"}; });
  Host host(server);
  REQUIRE(host.run({"--once", "--max-age", "1h"}) == 0);
  CHECK(each_once(host.sequences(), 20000));
  CHECK(host.files().size() <= 20000 / 25);
  CHECK(host.lines_with("max_ack_pending of the consumer is reached").size() == 1);
}

TEST_CASE("a consumer without a limit of pending acks makes whole blocks") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 7200 * second}, {"max_ack_pending", -1}});
  client.publish(5000, numbered);
  Host host(server);
  REQUIRE(host.run({"--once", "--max-age", "1h"}) == 0);
  CHECK(each_once(host.sequences(), 5000));
  // The hour may end while the test publishes.
  CHECK(host.files().size() <= 2);
}

TEST_CASE("messages of several intervals go into the folders of their own intervals") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 60 * second}});
  Host host(server);
  host.start({"--max-age", "1s", "--path-template", "%Y-%m-%d-%H-%M-%S"});
  for (int round = 0; round < 4; round++) {
    client.publish(5, numbered);
    pass(590ms);
  }
  REQUIRE(eventually(15s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 20; }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(10s) == 0);
  CHECK(each_once(host.sequences(), 20));
  for (const std::string &file : host.files()) {
    std::string folder = file.substr(0, file.find('/'));
    std::istringstream lines(read_file(std::filesystem::path(host.root()) / file));
    for (std::string line; std::getline(lines, line);) {
      // 2026-11-24T12:00:01.5Z is of the interval 2026-11-24-12-00-01: UTC, whatever the machine's zone.
      std::string time = nlohmann::json::parse(line)["timestamp"].get<std::string>().substr(0, 19);
      for (char &c : time)
        c = c == 'T' || c == ':' ? '-' : c;
      CHECK(time == folder);
    }
  }
}

TEST_CASE("paths are UTC whatever the zone of the machine") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(1, numbered);
  Host host(server);
  host.environment["TZ"] = "Pacific/Kiritimati";
  REQUIRE(host.run({"--create-consumer", "--once", "--path-template", "%Y-%m-%dT%H"}) == 0);
  REQUIRE(host.files().size() == 1);
  CHECK(host.lines().front()["timestamp"].get<std::string>().substr(0, 13) == host.files().front().substr(0, 13));
}

TEST_CASE("a second run for an interval that is stored replaces nothing") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  Host host(server);
  client.publish(10, numbered);
  REQUIRE(host.run({"--create-consumer", "--once", "--max-age", "1h"}) == 0);
  client.publish(10, numbered);
  REQUIRE(host.run({"--create-consumer", "--once", "--max-age", "1h"}) == 0);
  CHECK(host.files().size() == 2);
  CHECK(each_once(host.sequences(), 20));
}

TEST_CASE("destination keys of any bytes stay below the root and apart from each other") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  const std::vector<std::string> keys = {
      "..", "../../escaped", "a/b", "a%2Fb", "", ".", "x", "%78", std::string(300, 'k'), std::string(299, 'k') + "l"};
  client.publish(keys.size(), [&](std::size_t i) { return Message{"s.a", "m", {{"Key", keys[i - 1]}}}; });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--decoder-opt", "key=header:Key"}) == 0);
  CHECK(host.files().size() == keys.size());
  CHECK(each_once(host.sequences(), keys.size()));
  CHECK_FALSE(std::filesystem::exists(host.folder() / "escaped"));
}
