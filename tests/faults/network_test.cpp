// A network between host and server that breaks.
#include "capture/deliveries.hpp"
#include "support/proxy.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

// How long the connection is away; JETCAPTURE_CUT_SECONDS for longer ones.
std::chrono::seconds cut_time() {
  const char *given = std::getenv("JETCAPTURE_CUT_SECONDS");
  return std::chrono::seconds(given == nullptr ? 6 : std::atoi(given));
}

// A capture through a proxy, with blocks of a second and an ack_wait that is shorter than the faults.
struct Scene {
  explicit Scene(Delivery kind, const std::string &server_config = "", std::int64_t ack_wait = 4 * second)
      : delivery(kind), server(server_config), client(server.url()), proxy(server.url()) {
    client.make_stream("S", {"s.>"});
    make_consumer_for(delivery, client, {{"ack_wait", ack_wait}, {"max_ack_pending", 200000}});
  }
  void start(std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--log-level", "debug"}); // so that a failure tells what is sent again
    host.start(with_delivery(delivery, flags));
  }
  void all_once(std::uint64_t count) {
    REQUIRE_MESSAGE(eventually(90s, [&] { return has_stored(delivery, client, host, count); }), host.output());
    host.program().signal(SIGTERM);
    CHECK(host.program().wait(20s) == 0);
    CHECK(each_once(host.sequences(), count));
  }

  const Delivery delivery;
  Server server;
  Client client;
  Proxy proxy;
  Host host{proxy.url()};
};

} // namespace

TEST_CASE("a connection that is cut for longer than ack_wait comes back by itself, and each message is captured once") {
  Scene scene(each_delivery());
  scene.client.publish(3000, over_three_subjects);
  scene.start({"--max-age", "1s", "--max-messages", "400"});
  REQUIRE(eventually(20s, [&] { return !scene.host.files().empty(); }));
  scene.proxy.cut();
  scene.client.publish(1000, over_three_subjects);
  pass(cut_time());
  scene.proxy.go_on();
  scene.client.publish(1000, over_three_subjects);
  scene.all_once(5000);
}

TEST_CASE("acks that get lost with their connection are sent again, without waiting for the server to deliver again") {
  Scene scene(Delivery::shared, "", 3600 * second);
  scene.proxy.lose_acks(4);
  scene.client.publish(3000, over_three_subjects);
  scene.start({"--max-age", "1s", "--max-messages", "400"});
  scene.all_once(3000);
  CHECK(scene.proxy.acks_to_lose() == 0);
}

TEST_CASE("acks of large blocks that get lost while more are on their way are sent again, and none is missing") {
  Scene scene(Delivery::shared, "", 3600 * second);
  scene.client.publish(150000, over_three_subjects);
  scene.proxy.lose_acks(3);
  scene.start({"--max-age", "3s"});
  scene.all_once(150000);
  CHECK(scene.proxy.acks_to_lose() == 0);
}

TEST_CASE("a connection that hangs without being closed is noticed and made anew, and each message is captured once") {
  Scene scene(each_delivery());
  scene.client.publish(3000, over_three_subjects);
  scene.start({"--max-age", "1s", "--max-messages", "400"});
  REQUIRE(eventually(20s, [&] { return !scene.host.files().empty(); }));
  scene.proxy.stall();
  scene.client.publish(1000, over_three_subjects);
  REQUIRE_MESSAGE(eventually(90s, [&] { return scene.host.lines_with("disconnected from NATS").size() >= 1; }),
                  scene.host.output());
  scene.proxy.cut();
  scene.proxy.go_on();
  scene.client.publish(1000, over_three_subjects);
  scene.all_once(5000);
}

TEST_CASE("PONGs that the client library counts wrongly keep no ack from being confirmed, and no host from ending") {
  Scene scene(each_delivery());
  scene.proxy.repeat_pongs(3);
  scene.client.publish(3000, over_three_subjects);
  scene.start({"--max-age", "1s", "--max-messages", "400"});
  scene.all_once(3000);
  CHECK(scene.proxy.pongs_to_repeat() < 3);
}

TEST_CASE("a host that the server cuts off as a slow consumer connects again, and each message is captured once") {
  // The server waits for half a second until it gives a client up that does not read.
  Scene scene(each_delivery(), "write_deadline: \"500ms\"\n");
  constexpr std::uint64_t messages = 20000;
  const auto large = [](std::size_t i) {
    return Message{"s." + std::to_string(i % 3), std::string(1000, 'x') + std::to_string(i)};
  };
  scene.client.publish(messages, large);
  std::uint64_t published = messages;
  scene.start({"--max-age", "1s", "--max-messages", "4000"});
  REQUIRE(eventually(20s, [&] { return !scene.host.files().empty(); }));
  const std::uint64_t before = scene.proxy.connections();
  // The server sends only what was asked for before: when that was little, it all has room on its way, and nothing is
  // cut off. Then once more.
  for (int attempt = 0; attempt < 5 && scene.proxy.connections() == before; attempt++) {
    scene.proxy.stop_reading();
    scene.client.publish(messages, large);
    published += messages;
    pass(3s);
    scene.proxy.go_on();
    eventually(5s, [&] { return scene.proxy.connections() > before; });
  }
  CHECK(scene.proxy.connections() > before);
  scene.all_once(published);
}
