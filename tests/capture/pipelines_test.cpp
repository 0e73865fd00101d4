// --pipelines: several decoders at once, and all promises as with one.
#include "capture/deliveries.hpp"
#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <set>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

Message order(std::size_t i) {
  return {"s.orders", R"({"id":)" + std::to_string(i) + "}"};
}
// Every fourth is no JSON.
Message order_or_poison(std::size_t i) {
  return i % 4 == 0 ? Message{"s.orders", "{broken " + std::to_string(i)} : order(i);
}

struct Ready {
  Server server;
  Client client{server.url()};
  WatchedHost host{server};
  const Delivery delivery;
  explicit Ready(std::int64_t ack_wait = 3600 * second, std::int64_t max_ack_pending = 100000,
                 Delivery kind = Delivery::shared)
      : delivery(kind) {
    client.make_stream("S", {"s.>"});
    make_consumer_for(delivery, client, {{"ack_wait", ack_wait}, {"max_ack_pending", max_ack_pending}});
  }
  explicit Ready(Delivery kind) : Ready(3600 * second, 100000, kind) {}
  bool all_acked() { return has_nothing_pending(delivery, client); }
  // Lines of files whose name begins so.
  std::multiset<std::string> lines_of(const std::string &folder) const {
    std::multiset<std::string> lines;
    for (const std::string &file : host.files())
      if (file.starts_with(folder)) {
        std::istringstream text(read_file(std::filesystem::path(host.root()) / file));
        for (std::string line; std::getline(text, line);)
          lines.insert(line);
      }
    return lines;
  }
};

std::vector<std::string> with_pipelines(const std::string &count, std::vector<std::string> more,
                                        Delivery delivery = Delivery::shared) {
  more.insert(more.end(), {"--pipelines", count});
  return with_delivery(delivery, std::move(more));
}

const std::vector<std::string> json = {"json", "ndjson", "file"};

} // namespace

TEST_CASE("with --pipelines 2 two decoders are at work at the same time") {
  Ready ready;
  ready.client.publish(500, over_three_subjects);
  REQUIRE(ready.host.run(with_pipelines("2", {"--once", "--plugin-dir", JETCAPTURE_HARD_PLUGINS}),
                         {"meeting", "ndjson", "file"}) == 0);
  CHECK(each_once(ready.host.sequences(), 500));
  CHECK(ready.lines_of("_quarantine/").empty());
  CHECK(ready.all_acked());
}

TEST_CASE("several pipelines capture each message once, in small blocks too, and end with nothing pending") {
  Ready ready(3600 * second, 3000, each_delivery());
  constexpr std::size_t count = 20000;
  ready.client.publish(count, over_three_subjects);
  REQUIRE(ready.host.run(with_pipelines("4", {"--once", "--max-messages", "100"}, ready.delivery)) == 0);
  CHECK(each_once(ready.host.sequences(), count));
  if (ready.delivery == Delivery::shared)
    CHECK(ready.client.consumer("S", "C")["ack_floor"]["stream_seq"] == count);
}

TEST_CASE("a message of several keys is once in each of their blocks with several pipelines") {
  Ready ready(each_delivery());
  ready.client.publish(1000, [](std::size_t i) {
    return Message{"s.a", "a" + std::string(i % 2 == 0 ? ",b" : "") + (i % 10 == 0 ? ",!" : "")};
  });
  REQUIRE(ready.host.run(with_pipelines("3", {"--once", "--plugin-dir", JETCAPTURE_HARD_PLUGINS}, ready.delivery),
                         {"fan_out", "raw", "file"}) == 0);
  CHECK(ready.lines_of("a/").size() == 900);
  CHECK(ready.lines_of("b/").size() == 400);
  CHECK(ready.lines_of("_quarantine/").size() == 100);
  CHECK(ready.all_acked());
}

TEST_CASE("messages that can't be decoded are set aside or terminated by several pipelines as by one") {
  for (const Delivery delivery : both_deliveries)
    for (const std::string choice : {"quarantine", "term"}) {
      SUBCASE((choice + ", " + to_string(delivery) + " delivery").c_str()) {
        Ready ready(3600 * second, 50, delivery);
        ready.client.publish(400, order_or_poison);
        const std::vector<std::string> flags = {"--once", "--decoder-opt", "key=none", "--on-decode-error", choice};
        REQUIRE(ready.host.run(with_pipelines("3", flags, delivery), json) == 0);
        CHECK(ready.lines_of("_quarantine/").size() == (choice == "term" ? 0 : 100));
        CHECK(ready.lines_of("").size() == (choice == "term" ? 300 : 400));
        CHECK(ready.all_acked());
        if (delivery == Delivery::shared)
          CHECK(ready.client.consumer("S", "C")["num_redelivered"] == 0);
      }
    }
}

TEST_CASE("with stop several pipelines end the host, give back what is not stored, and the next start has the rest") {
  Ready ready(each_delivery());
  ready.client.publish(400, [](std::size_t i) { return i == 200 ? Message{"s.orders", "{broken"} : order(i); });
  const std::vector<std::string> flags =
      with_pipelines("3", {"--once", "--decoder-opt", "key=none", "--on-decode-error", "stop"}, ready.delivery);
  CHECK(ready.host.run(flags, json) == 3);
  CHECK_FALSE(ready.host.lines_with("message 200 can't be captured").empty());
  REQUIRE(ready.host.run(with_pipelines("3", {"--once", "--decoder-opt", "key=none"}, ready.delivery), json) == 0);
  const auto lines = ready.lines_of("");
  CHECK(lines.size() == 400);
  CHECK(std::set(lines.begin(), lines.end()).size() == 400);
  CHECK(ready.all_acked());
}

TEST_CASE("a host with several pipelines that is told to end stores and acks all that it has taken") {
  Ready ready(each_delivery());
  ready.client.publish(3000, over_three_subjects);
  ready.host.start_watched(with_pipelines("3", {}, ready.delivery));
  REQUIRE(ready.host.has_in_flight(3000));
  ready.host.program().signal(SIGTERM);
  CHECK(ready.host.program().wait(30s) == 0);
  CHECK(each_once(ready.host.sequences(), 3000));
  CHECK(ready.all_acked());
}

TEST_CASE("killed at any point of a block's life, a host of several pipelines has each message once after its next "
          "start") {
  struct Kill {
    Delivery delivery;
    std::string point;
  };
  const std::vector<Kill> kills = {{Delivery::shared, "before-intent:3"},   {Delivery::shared, "after-intent:1"},
                                   {Delivery::shared, "during-store:2"},    {Delivery::shared, "after-store:3"},
                                   {Delivery::shared, "after-journal:5"},   {Delivery::shared, "during-acks:350"},
                                   {Delivery::ordered, "after-manifest:2"}, {Delivery::ordered, "during-store:2"},
                                   {Delivery::ordered, "after-store:3"}};
  for (const auto &[delivery, point] : kills) {
    SUBCASE((point + ", " + to_string(delivery) + " delivery").c_str()) {
      Ready ready(4 * second, 100000, delivery);
      ready.client.publish(2000, over_three_subjects);
      const std::vector<std::string> flags =
          with_pipelines("3", {"--once", "--max-age", "2s", "--max-messages", "100"}, ready.delivery);
      ready.host.binary = JETCAPTURE_FAULTS_BINARY;
      ready.host.environment["JETCAPTURE_FAULT_POINT"] = point;
      CHECK_MESSAGE(ready.host.run(flags) == 128 + SIGKILL, point, ": ", ready.host.output());
      ready.host.binary = JETCAPTURE_BINARY;
      ready.host.environment["JETCAPTURE_FAULT_POINT"] = "";
      REQUIRE(ready.host.run(flags) == 0);
      CHECK(each_once(ready.host.sequences(), 2000));
      CHECK(ready.all_acked());
    }
  }
}
