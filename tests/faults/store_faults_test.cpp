#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

TEST_CASE("a store that fails is tried again, other blocks go on, and nothing is lost") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 600 * second}, {"max_ack_pending", 100000}});
  client.publish(300, [](std::size_t i) { return Message{"s." + std::to_string(i % 3), "m"}; });
  Host host(server);
  write_file(host.root() + "/s.1", "a file where the folder should be");
  host.start({"--max-age", "1s", "--retry-min", "50ms", "--retry-max", "200ms"});
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_ack_pending"] == 100; }));
  // Many attempts, one line.
  const auto begin = std::chrono::steady_clock::now();
  eventually(3s, [&] { return std::chrono::steady_clock::now() - begin > 2s; });
  CHECK(host.lines_with("someone has to act").size() == 1);
  std::filesystem::remove(host.root() + "/s.1");
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 300; }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 300));
}

TEST_CASE("many destination keys at once work within a small memory limit and few descriptors") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 600 * second}, {"max_ack_pending", 100000}});
  client.publish(20000, [](std::size_t i) { return Message{"s." + std::to_string(i % 5000), std::string(900, 'x')}; });
  Host host(server);
  REQUIRE(host.run({"--once", "--max-age", "4m", "--memory-limit", "1MiB"}) == 0);
  CHECK(each_once(host.sequences(), 20000));
  CHECK(host.files().size() >= 5000);
}

TEST_CASE("a full spool pauses pulling, loses nothing, and goes on by itself") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 600 * second}, {"max_ack_pending", 200000}});
  client.publish(100000, [](std::size_t i) { return Message{"s." + std::to_string(i % 7), std::string(1000, 'x')}; });
  Host host(server);
  REQUIRE(host.run({"--once", "--max-age", "4m", "--memory-limit", "1MiB", "--spool-limit", "1MiB"}) == 0);
  CHECK(each_once(host.sequences(), 100000));
  CHECK(host.lines_with("memory is used up").size() == 1);
}
