// Messages that can't be decoded: --on-decode-error.
#include "capture/deliveries.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t hour = 3600'000'000'000;

Message order(std::size_t i) {
  return {"orders.eu", R"({"id":)" + std::to_string(i) + "}"};
}

// Every fourth is no JSON.
Message order_or_poison(std::size_t i) {
  return i % 4 == 0 ? Message{"orders.eu", "{broken " + std::to_string(i)} : order(i);
}

const std::vector<std::string> stages = {"json", "ndjson", "file"};

std::size_t lines_of(const Host &host) {
  const std::string text = host.text();
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("a message that can't be decoded goes to quarantine whole, and the rest goes on") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(20, order_or_poison);
  make_consumer_for(delivery, client, {{"ack_wait", hour}, {"max_ack_pending", 4}});
  Host host(server);
  // As many poison messages as max_ack_pending, and more: the reference stalled here.
  REQUIRE(host.run(with_delivery(delivery, {"--once", "--decoder-opt", "key=none"}), stages) == 0);
  CHECK(has_nothing_pending(delivery, client));
  std::set<std::string> quarantined;
  std::size_t good = 0;
  for (const std::string &file : host.files()) {
    std::istringstream lines(read_file(std::filesystem::path(host.root()) / file));
    for (std::string line; std::getline(lines, line);)
      if (file.starts_with("_quarantine/")) {
        const auto json = nlohmann::json::parse(line);
        CHECK_FALSE(json["reason"].get<std::string>().empty());
        quarantined.insert(json["data"].get<std::string>());
      } else {
        good++;
      }
  }
  CHECK(good == 15);
  CHECK(quarantined == std::set<std::string>{"{broken 4", "{broken 8", "{broken 12", "{broken 16", "{broken 20"});
}

TEST_CASE("with term a message that can't be decoded is terminated, told, and never comes again") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(20, order_or_poison);
  make_consumer_for(delivery, client, {{"ack_wait", hour}, {"max_ack_pending", 4}});
  Host host(server);
  REQUIRE(host.run(with_delivery(delivery, {"--once", "--decoder-opt", "key=none", "--on-decode-error", "term"}),
                   stages) == 0);
  CHECK(lines_of(host) == 15);
  CHECK(host.lines_with("a message is terminated").size() == 5);
  CHECK(has_nothing_pending(delivery, client));
  if (delivery == Delivery::shared) {
    CHECK(client.consumer("S", "C")["num_redelivered"] == 0);
    CHECK(client.consumer("S", "C")["ack_floor"]["stream_seq"] == 20);
  }
  // Nor in a next run.
  REQUIRE(host.run(with_delivery(delivery, {"--once", "--decoder-opt", "key=none", "--on-decode-error", "term"}),
                   stages) == 0);
  CHECK(host.lines_with("a message is terminated").empty());
}

TEST_CASE("with stop the first message that can't be decoded ends the host, which stores what came before it and acks "
          "nothing else") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(20, order_or_poison);
  make_consumer_for(delivery, client, {{"ack_wait", hour}, {"max_ack_pending", 100}});
  Host host(server);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(host.run(with_delivery(delivery, {"--once", "--decoder-opt", "key=none", "--on-decode-error", "stop"}),
                 stages) == 3);
  // There is nothing to wait for: it does not take its time to drain, a minute.
  CHECK(std::chrono::steady_clock::now() - begin < 40s);
  CHECK_FALSE(host.lines_with("message 4 can't be captured").empty());
  CHECK(lines_of(host) == 3);
  if (delivery == Delivery::shared)
    CHECK(client.consumer("S", "C")["ack_floor"]["stream_seq"] == 3);
  // The rest was given back, or is read again: it comes at once, to whoever is there.
  CHECK(host.run(with_delivery(delivery, {"--once", "--decoder-opt", "key=none"}), stages) == 0);
  CHECK(lines_of(host) == 20);
}

TEST_CASE("a flood of messages that can't be decoded is captured whole, and does not flood the log") {
  constexpr std::size_t count = 5000;
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(count, [](std::size_t i) { return Message{"orders.eu", "{" + std::to_string(i)}; });
  make_consumer_for(delivery, client, {{"ack_wait", hour}, {"max_ack_pending", 1000}});
  Host host(server);
  REQUIRE(host.run(with_delivery(delivery, {"--once", "--decoder-opt", "key=none"}), stages) == 0);
  CHECK(lines_of(host) == count);
  CHECK(host.lines_with("a message goes to quarantine").size() >= 10);
  CHECK(host.lines_with("a message goes to quarantine").size() < 100);
}
