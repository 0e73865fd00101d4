#include "capture/deliveries.hpp"
#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

TEST_CASE("after a restart of the server, each message of the blocks that were open is captured once") {
  const Delivery delivery = each_delivery();
  Server server;
  auto client = std::make_unique<Client>(server.url());
  client->make_stream("S", {"s.>"});
  make_consumer_for(delivery, *client, {{"ack_wait", 2 * second}, {"max_ack_pending", 100000}});
  client->publish(5000, over_three_subjects);
  WatchedHost host(server);
  // Blocks stay open for a second, and the held messages are older than their ack_wait when the server comes back.
  host.start_watched(with_delivery(delivery, {"--max-age", "1s", "--late-grace", "0s"}));
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_messages_total") == 5000; }));
  client.reset();
  server.kill();
  server.start();
  client = std::make_unique<Client>(server.url());
  client->publish(1000, over_three_subjects);
  const bool all = eventually(40s, [&] { return has_stored(delivery, *client, host, 6000); });
  REQUIRE_MESSAGE(all, host.output());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 6000));
}

TEST_CASE("messages held for longer than their ack_wait are kept alive, and their copies are dropped") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 2 * second}, {"max_ack_pending", 100000}});
  client.publish(2000, over_three_subjects);
  Host host(server);
  // The store is down: a file stands where its folders should be.
  write_file(host.root() + "/s.0", "in the way");
  write_file(host.root() + "/s.1", "in the way");
  write_file(host.root() + "/s.2", "in the way");
  host.start({"--max-age", "1s", "--retry-min", "100ms", "--retry-max", "500ms"});
  REQUIRE(eventually(20s, [&] { return !host.lines_with("someone has to act").empty(); }));
  pass(7s);
  for (const char *key : {"/s.0", "/s.1", "/s.2"})
    std::filesystem::remove(host.root() + key);
  REQUIRE(eventually(40s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 2000; }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 2000));
}

TEST_CASE("a consumer deleted while capturing ends the host with a clear error") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 60 * second}});
  client.publish(10, over_three_subjects);
  Host host(server);
  host.start({"--max-age", "20s"});
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_ack_pending"] == 10; }));
  client.api("CONSUMER.DELETE.S.C");
  const auto status = host.program().wait(30s);
  CHECK_MESSAGE(status == 3, host.output());
  CHECK(host.lines_with("the capture can't go on").size() == 1);
}

TEST_CASE("a stream purged while capturing is no error, and capturing goes on") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  make_consumer_for(delivery, client, {{"ack_wait", 60 * second}});
  client.publish(100, over_three_subjects);
  WatchedHost host(server);
  host.start_watched(with_delivery(delivery, {"--max-age", "2s"}));
  REQUIRE(host.has_in_flight(100));
  client.api("STREAM.PURGE.S");
  client.publish(50, over_three_subjects);
  REQUIRE(eventually(30s, [&] { return host.sequences().size() == 150; }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 150));
}

TEST_CASE("a second signal stops at once, and the exit status and the last line tell what was given back") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  make_consumer_for(delivery, client, {{"ack_wait", 600 * second}, {"max_ack_pending", 100000}});
  client.publish(300, over_three_subjects);
  WatchedHost host(server);
  write_file(host.root() + "/s.0", "in the way");
  host.start_watched(with_delivery(delivery, {"--max-age", "1m"}));
  REQUIRE(host.has_in_flight(300));
  host.program().signal(SIGTERM);
  // Two of three keys can be stored.
  REQUIRE(eventually(20s, [&] { return host.lines_with("block stored").size() == 2; }));
  REQUIRE(host.has_in_flight(100)); // it has taken note of both
  CHECK(host.program().running());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(10s) == 1);
  REQUIRE(host.lines_with("msg=ended").size() == 1);
  CHECK(host.lines_with("msg=ended").front().find("returned=100") != std::string::npos);
  // Given back with a NAK, or read again: they come at once, not after ack_wait.
  std::filesystem::remove(host.root() + "/s.0");
  REQUIRE(host.run(with_delivery(delivery, {"--max-age", "1m", "--once"})) == 0);
  CHECK(each_once(host.sequences(), 300));
}
