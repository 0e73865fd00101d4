#include "capture/deliveries.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <optional>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

} // namespace

TEST_CASE("a store that fails is tried again, other blocks go on, and nothing is lost") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  make_consumer_for(delivery, client, {{"ack_wait", 600 * second}, {"max_ack_pending", 100000}});
  client.publish(300, [](std::size_t i) { return Message{"s." + std::to_string(i % 3), "m"}; });
  Host host(server);
  write_file(host.root() + "/s.1", "a file where the folder should be");
  host.start(with_delivery(delivery, {"--max-age", "1s", "--retry-min", "50ms", "--retry-max", "200ms"}));
  REQUIRE(eventually(20s, [&] { return host.lines_with("block stored").size() == 2; }));
  if (delivery == Delivery::shared)
    CHECK(eventually(20s, [&] { return client.consumer("S", "C")["num_ack_pending"] == 100; }));
  // Many attempts, one line.
  pass(2s);
  CHECK(host.lines_with("someone has to act").size() == 1);
  std::filesystem::remove(host.root() + "/s.1");
  REQUIRE(eventually(20s, [&] { return has_stored(delivery, client, host, 300); }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 300));
}

TEST_CASE("a hundred thousand destination keys at once work within the memory limit and few descriptors, a file each") {
#ifdef JETCAPTURE_FEWER
  constexpr std::size_t keys = 5'000;
#else
  constexpr std::size_t keys = 100'000;
#endif
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 48 * 3600 * second}, {"max_ack_pending", -1}});
  client.publish(4 * keys, [](std::size_t i) {
    return Message{"s." + std::to_string(i % keys), std::string(900, 'x')};
  });
  std::optional<FoldersInMemory> in_memory(std::in_place);
  Host host(server);
  in_memory.reset();
  host.binary = host.folder() / "with-few-descriptors";
  write_file(host.binary, "#!/bin/sh\nulimit -n 100\nexec " JETCAPTURE_BINARY " \"$@\"\n");
  std::filesystem::permissions(host.binary, std::filesystem::perms::owner_all);
  REQUIRE(host.run({"--once", "--max-age", "24h", "--memory-limit", "32MiB"}) == 0);
  MESSAGE("peak memory: ", host.program().peak_memory() / 1'000'000, " MB");
  CHECK(each_once(host.sequences(), 4 * keys));
  CHECK(host.files().size() == keys);
}

TEST_CASE("a full spool pauses pulling, loses nothing, and goes on by itself") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  make_consumer_for(delivery, client, {{"ack_wait", 600 * second}, {"max_ack_pending", 200000}});
  client.publish(100000, [](std::size_t i) { return Message{"s." + std::to_string(i % 7), std::string(1000, 'x')}; });
  Host host(server);
  REQUIRE(host.run(with_delivery(
              delivery, {"--once", "--max-age", "4m", "--memory-limit", "1MiB", "--spool-limit", "1MiB"})) == 0);
  CHECK(each_once(host.sequences(), 100000));
  CHECK(host.lines_with("memory is used up").size() == 1);
}
