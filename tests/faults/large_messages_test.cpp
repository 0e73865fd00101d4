#include "capture/deliveries.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 20 << 20;
const std::string raised = "max_payload: 33554432\n";

// Two small messages, a large one in their middle.
Message around_a_large_one(std::size_t i) {
  return {"s.a", i == 2 ? std::string(large, 'x') : "small"};
}

nlohmann::json consumer_of_an_hour(const nlohmann::json &more = nlohmann::json::object()) {
  nlohmann::json config = {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}};
  config.update(more);
  return config;
}

} // namespace

TEST_CASE("a message larger than the window is captured after max_payload was lowered again, and told once") {
  const Delivery delivery = each_delivery();
  Server server(raised);
  {
    Client client(server.url());
    client.make_stream("S", {"s.>"});
    make_consumer_for(delivery, client, consumer_of_an_hour());
    client.publish(3, around_a_large_one);
  }
  server.stop();
  server.configure("");
  server.start();
  Host host(server);
  host.start(with_delivery(delivery, {"--once", "--log-level", "debug"}));
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 3));
  CHECK(host.lines_with("pull request ended").size() < 20);
  CHECK_MESSAGE(host.lines_with("larger than").size() == 1, host.output().substr(0, 5000));
}

TEST_CASE("a message larger than the window is captured after max_payload was raised while capturing") {
  const Delivery delivery = each_delivery();
  Server server;
  Host host(server);
  {
    Client client(server.url());
    client.make_stream("S", {"s.>"});
    make_consumer_for(delivery, client, consumer_of_an_hour());
    host.start(with_delivery(delivery, {"--max-age", "1s"}));
    REQUIRE(eventually(20s, [&] {
      return delivery == Delivery::shared ? client.consumer("S", "C")["num_waiting"] > 0
                                          : host.lines_with("msg=capturing").size() == 1;
    }));
  }
  server.stop();
  server.configure(raised);
  server.start();
  Client client(server.url());
  client.publish(3, around_a_large_one);
  CHECK_MESSAGE(eventually(30s, [&] { return has_stored(delivery, client, host, 3); }), host.output());
  CHECK(each_once(host.sequences(), 3));
}

TEST_CASE("a message larger than max_bytes of the consumer is captured") {
  Server server(raised);
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", consumer_of_an_hour({{"max_bytes", 1 << 20}}));
  client.publish(3, around_a_large_one);
  Host host(server);
  host.start({"--once"});
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 3));
}
