#include "capture/watched_host.hpp"
#include "support/subscription.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("the status is published at its interval, and a last one at the end tells how it ended") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(40, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  Subscription statuses(server.url(), "ops.capture");
  Host host(server);
  host.start({"--create-consumer", "--max-age", "1s", "--status-subject", "ops.capture", "--status-interval", "200ms"});
  json status;
  CHECK(eventually(20s, [&] {
    status = json::parse(statuses.next(5s), nullptr, false);
    return status.is_object() && status["acks_confirmed"] == 40 && status["safe_sequence"] == 40;
  }));
  CHECK(status["stream"] == "S");
  CHECK(status["consumer"] == "C");
  CHECK(status["messages"] == 40);
  CHECK(status["phase"] == "capturing");
  CHECK(status["final"] == false);
  host.program().signal(SIGTERM);
  REQUIRE(host.program().wait(20s) == 0);
  json last;
  for (std::string text = statuses.next(2s); !text.empty(); text = statuses.next(500ms))
    last = json::parse(text);
  CHECK(last["final"] == true);
  CHECK(last["exit_status"] == 0);
  CHECK(last["phase"] == "ended");
  CHECK(last["returned"] == 0);
}

TEST_CASE("the last status of a capture that gives messages back says so") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}});
  client.publish(7, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  Subscription statuses(server.url(), "ops.capture");
  WatchedHost host(server);
  host.start_watched({"--status-subject", "ops.capture", "--drain-timeout", "1s"});
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_in_flight_messages") == 7; }));
  write_file(host.root() + "/orders.a", "in the way");
  host.program().signal(SIGTERM);
  REQUIRE(host.program().wait(30s) == 1);
  json last;
  for (std::string text = statuses.next(2s); !text.empty(); text = statuses.next(500ms))
    last = json::parse(text);
  CHECK(last["final"] == true);
  CHECK(last["exit_status"] == 1);
  CHECK(last["returned"].get<int>() + last["unconfirmed"].get<int>() == 7);
}
