// A server that has forgotten something: its files are put back to an earlier state while it is down.
#include "capture/watched_host.hpp"
#include "faults/snapshot.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <set>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

TEST_CASE("messages whose acks the server has forgotten are acked again at the next start and not written again") {
  Server server;
  auto client = std::make_unique<Client>(server.url());
  client->make_stream("S", {"s.>"});
  client->make_consumer("S", "C", {{"ack_wait", 60 * second}});
  client.reset();
  server.stop();
  const Snapshot before(folder_of(server, "obs"));
  server.start();
  client = std::make_unique<Client>(server.url());
  client->publish(300, over_three_subjects);
  Host host(server);
  REQUIRE_MESSAGE(host.run({"--once", "--max-age", "2s"}) == 0, host.output());
  REQUIRE(client->consumer("S", "C")["ack_floor"]["stream_seq"] == 300);
  client.reset();
  server.stop();
  before.put_back();
  server.start();
  client = std::make_unique<Client>(server.url());
  REQUIRE(client->consumer("S", "C")["num_pending"] == 300);
  client->publish(50, over_three_subjects);
  REQUIRE_MESSAGE(host.run({"--once", "--max-age", "2s"}) == 0, host.output());
  CHECK(each_once(host.sequences(), 350));
  CHECK(client->consumer("S", "C")["ack_floor"]["stream_seq"] == 350);
}

TEST_CASE("messages whose acks the server forgets while the host runs are not written again") {
  Server server;
  auto client = std::make_unique<Client>(server.url());
  client->make_stream("S", {"s.>"});
  client->make_consumer("S", "C", {{"ack_wait", 60 * second}});
  client.reset();
  server.stop();
  const Snapshot before(folder_of(server, "obs"));
  server.start();
  client = std::make_unique<Client>(server.url());
  client->publish(300, over_three_subjects);
  Host host(server);
  host.start({"--max-age", "1s"});
  REQUIRE(eventually(20s, [&] { return client->consumer("S", "C")["ack_floor"]["stream_seq"] == 300; }));
  client.reset();
  server.stop();
  before.put_back();
  server.start();
  client = std::make_unique<Client>(server.url());
  client->publish(50, over_three_subjects);
  const bool all = eventually(40s, [&] { return client->consumer("S", "C")["ack_floor"]["stream_seq"] == 350; });
  REQUIRE_MESSAGE(all, host.output(), client->consumer("S", "C").dump());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 350));
}

TEST_CASE("a stream that has lost its end gives its sequences to other messages, and all are captured") {
  Server server;
  auto client = std::make_unique<Client>(server.url());
  client->make_stream("S", {"s.>"});
  client->make_consumer("S", "C", {{"ack_wait", 60 * second}});
  client->publish(5, [](std::size_t i) { return Message{"s.a", "kept " + std::to_string(i)}; });
  client.reset();
  server.stop();
  const Snapshot before(folder_of(server, "S"));
  server.start();
  client = std::make_unique<Client>(server.url());
  WatchedHost host(server);
  SUBCASE("while they are held") {
    host.start_watched({"--max-age", "30s"});
    client->publish(5, [](std::size_t i) { return Message{"s.a", "forgotten " + std::to_string(i)}; });
    REQUIRE(host.has_in_flight(10));
  }
  SUBCASE("after they were stored") {
    client->publish(5, [](std::size_t i) { return Message{"s.a", "forgotten " + std::to_string(i)}; });
    host.start({"--max-age", "1s"});
    REQUIRE(eventually(20s, [&] { return client->consumer("S", "C")["ack_floor"]["stream_seq"] == 10; }));
  }
  client.reset();
  server.kill();
  before.put_back();
  server.start();
  client = std::make_unique<Client>(server.url());
  client->publish(5, [](std::size_t i) { return Message{"s.a", "another " + std::to_string(i)}; });
  const bool all = eventually(40s, [&] {
    const auto consumer = client->consumer("S", "C");
    return consumer["num_pending"] == 0 && consumer["delivered"]["stream_seq"] == 10;
  });
  REQUIRE_MESSAGE(all, host.output(), client->consumer("S", "C").dump());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  std::multiset<std::string> captured;
  for (const Line &line : host.lines())
    captured.insert(line["data"].get<std::string>());
  std::multiset<std::string> published;
  for (const char *what : {"kept ", "forgotten ", "another "})
    for (int i = 1; i <= 5; i++)
      published.insert(what + std::to_string(i));
  for (const std::string &data : published)
    CHECK_MESSAGE(captured.count(data) == 1, data);
  CHECK(captured.size() == published.size());
}
