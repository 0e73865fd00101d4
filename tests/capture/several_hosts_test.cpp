#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE("two hosts on one consumer share its messages, and together have each once") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 60'000'000'000}, {"max_ack_pending", 100000}});
  Host first(server);
  Host second(server);
  first.start({"--max-age", "2s", "--window-messages", "100"});
  second.start({"--max-age", "2s", "--window-messages", "100"});
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_waiting"] >= 2; }));
  client.publish(4000, [](std::size_t i) { return Message{"s." + std::to_string(i % 3), "message"}; });
  REQUIRE(eventually(30s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 4000; }));
  for (Host *host : {&first, &second}) {
    host->program().signal(SIGTERM);
    CHECK(host->program().wait(10s) == 0);
    CHECK(host->sequences().size() > 0);
  }
  auto both = first.sequences();
  for (const auto &[sequence, times] : second.sequences())
    both[sequence] += times;
  CHECK(each_once(both, 4000));
}

TEST_CASE("a second host with the same state folder is refused, and --check beside the first says that it runs") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}});
  Host host(server);
  host.start();
  REQUIRE(eventually(20s, [&] { return host.lines_with("msg=capturing").size() == 1; }));
  Host second(server);
  second.state_dir = host.folder() / "state";
  CHECK(second.run() == 2);
  CHECK(second.lines_with("another host uses the state directory").size() == 1);
  CHECK(second.run({"--check"}) == 0);
  CHECK(second.lines_with("what is checked is a start after its end").size() == 1);
  CHECK(second.lines_with("everything is in order").size() == 1);
}
