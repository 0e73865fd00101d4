// Messages that left the stream before they were captured.
#include "faults/scene.hpp"

#include "support/holder.hpp"
#include "support/subscription.hpp"

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// A line of level warn with these texts.
bool warned(const Host &host, const std::vector<std::string> &texts) {
  for (const std::string &line : host.lines_with("level=warn")) {
    bool all = true;
    for (const std::string &text : texts)
      all = all && line.find(text) != std::string::npos;
    if (all)
      return true;
  }
  return false;
}

// The last status that the host published.
nlohmann::json last_status(Subscription &statuses) {
  nlohmann::json last;
  for (std::string text = statuses.next(5s); !text.empty(); text = statuses.next(5s)) {
    last = nlohmann::json::parse(text);
    if (last["final"] == true)
      break;
  }
  return last;
}

} // namespace

TEST_CASE("holes: messages that a stream's max_msgs removed before they were pulled are told") {
  for (const Delivery delivery : both_deliveries) {
    SUBCASE((to_string(delivery) + " delivery").c_str()) {
      Scene scene(delivery, 60s);
      Subscription statuses(scene.server.url(), "status.of.test");
      const std::vector<std::string> flags = scene.flags({"--max-age", "2s", "--status-subject", "status.of.test"});
      std::vector<std::string> once = flags;
      once.push_back("--once");
      scene.client->publish(500, over_three_subjects);
      REQUIRE_MESSAGE(scene.host.run(once) == 0, scene.host.output());
      CHECK(last_status(statuses)["lost"] == 0);
      // 501 to 2,000 are gone when the host starts again.
      scene.client->publish(2500, over_three_subjects);
      scene.client->shorten_stream("S", {"s.>"}, 1000);

      SUBCASE("between two runs") {
        CHECK_MESSAGE(scene.host.run(once) == 0, scene.host.output());
        CHECK(last_status(statuses)["lost"] == 1500);
        // A next run has nothing to tell.
        scene.client->publish(10, over_three_subjects);
        CHECK(scene.host.lines_with("msg=ended").front().find(" lost=1500") != std::string::npos);
        REQUIRE(warned(scene.host, {"501", "2000"}));
        CHECK_MESSAGE(scene.host.run(once) == 0, scene.host.output());
        CHECK_FALSE(warned(scene.host, {"501", "2000"}));
        CHECK(scene.host.lines_with("msg=ended").front().find(" lost=0") != std::string::npos);
        CHECK(scene.host.sequences().size() == 1510);
      }
      SUBCASE("while the host runs") {
        scene.host.start_watched(flags);
        CHECK_MESSAGE(eventually(20s, [&] { return scene.host.metric("jetcapture_messages_lost_total") == 1500; }),
                      scene.host.output());
        CHECK(warned(scene.host, {"501", "2000"}));
        REQUIRE(eventually(20s, [&] { return scene.host.sequences().size() == 1500; }));
        scene.host.program().signal(SIGTERM);
        CHECK(scene.host.program().wait(20s) == 0);
        CHECK(scene.host.lines_with("msg=ended").front().find(" lost=1500") != std::string::npos);
        CHECK(last_status(statuses)["lost"] == 1500);
        CHECK(scene.host.sequences().size() == 1500);
      }
    }
  }
}

TEST_CASE("keys that were replaced between two runs are no certain loss") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"}, {{"max_msgs_per_subject", 1}});
  make_consumer_for(delivery, client);
  Host host(server.url());
  const std::vector<std::string> once = with_delivery(delivery, {"--max-age", "1s", "--once"});
  client.publish(90, over_three_subjects);
  REQUIRE_MESSAGE(host.run(once) == 0, host.output());
  client.publish(300, over_three_subjects); // of which three are left
  CHECK_MESSAGE(host.run(once) == 0, host.output());
  const std::string ended = host.lines_with("msg=ended").front();
  CHECK(ended.find(" lost=0") != std::string::npos);
  CHECK(ended.find(" possibly_lost=297") != std::string::npos);
  CHECK_MESSAGE(warned(host, {"messages may be lost", "replaced them", "first=91", "last=387", "at_most=297"}),
                host.output());
}

TEST_CASE("messages that a purge removed before they were pulled are told, though nothing is published after it") {
  Scene scene(60s, {{"max_ack_pending", 100}});
  const std::vector<std::string> flags = {"--max-age", "1s", "--status-subject", "status.of.test"};
  std::vector<std::string> once = flags;
  once.push_back("--once");
  const auto purge = [&] { scene.client->api("STREAM.PURGE.S"); };

  SUBCASE("between two runs") {
    scene.client->publish(100, over_three_subjects);
    REQUIRE_MESSAGE(scene.host.run(once) == 0, scene.host.output());
    scene.client->publish(60, over_three_subjects);
    purge();
    scene.host.start_watched(flags);
    CHECK_MESSAGE(eventually(20s, [&] { return scene.host.metric("jetcapture_messages_lost_total") == 60; }),
                  scene.host.output());
    CHECK(warned(scene.host, {"first=101", "last=160", "messages=60"}));
    CHECK(scene.host.ready()["notes"].dump().find("at least 60 messages left the stream") != std::string::npos);
    scene.host.program().signal(SIGTERM);
    CHECK(scene.host.program().wait(20s) == 0);
    // A next run has nothing to tell.
    CHECK_MESSAGE(scene.host.run(once) == 0, scene.host.output());
    CHECK(scene.host.lines_with("msg=ended").front().find(" lost=0") != std::string::npos);
  }
  SUBCASE("while the host runs") {
    // What fills the ack budget keeps the rest in the stream.
    scene.client->publish(160, over_three_subjects);
    Holder other(scene.server.url(), "S", "C", 100);
    scene.host.start_watched(flags);
    REQUIRE(eventually(20s, [&] { return scene.host.metric("jetcapture_consumer_lag_messages") == 60; }));
    purge();
    CHECK_MESSAGE(eventually(20s, [&] { return scene.host.metric("jetcapture_messages_lost_total") == 60; }),
                  scene.host.output());
    CHECK(warned(scene.host, {"first=101", "last=160", "messages=60"}));
    scene.host.program().signal(SIGTERM);
    CHECK(scene.host.program().wait(20s) == 0);
  }
}

TEST_CASE("of messages that a purge by subject leaves, and the server passes over, it is told that they are lost") {
  Scene scene(60s);
  scene.client->publish(300, over_three_subjects);
  REQUIRE_MESSAGE(scene.host.run({"--once", "--max-age", "1s"}) == 0, scene.host.output());
  scene.client->publish(300, over_three_subjects);
  // nats-server 2.9 moves the consumer behind all of them.
  scene.client->api("STREAM.PURGE.S", {{"filter", "s.1"}});
  CHECK_MESSAGE(scene.host.run({"--once", "--max-age", "1s"}) == 0, scene.host.output());
  const std::size_t captured = scene.host.sequences().size();
  const bool told = warned(scene.host, {"the server has passed over them", "last=600"});
  CHECK_MESSAGE((captured == 500) != told, scene.host.output());
}

TEST_CASE("what may be lost behind a filter is told with its sequences, in status, metrics and readiness") {
  Scene scene(60s, {{"filter_subject", "s.1"}, {"max_ack_pending", 10}});
  Subscription statuses(scene.server.url(), "status.of.test");
  scene.client->publish(90, over_three_subjects); // 30 of s.1
  Holder other(scene.server.url(), "S", "C", 10);
  scene.host.start_watched({"--max-age", "1s", "--status-subject", "status.of.test"});
  REQUIRE(eventually(20s, [&] { return scene.host.metric("jetcapture_consumer_lag_messages") == 20; }));
  SUBCASE("a purge, with nothing published: it is known how many") {
    scene.client->api("STREAM.PURGE.S");
    CHECK_MESSAGE(eventually(20s, [&] { return scene.host.metric("jetcapture_messages_lost_total") == 20; }),
                  scene.host.output());
    CHECK(scene.host.metric("jetcapture_messages_possibly_lost_total") == 0);
  }
  SUBCASE("limits, with messages of other subjects published meanwhile: at least, and at most") {
    scene.client->publish(300, [](std::size_t) { return Message{"s.2", "x"}; });
    scene.client->shorten_stream("S", {"s.>"}, 100);
    const auto lost = [&] { return scene.host.metric("jetcapture_messages_lost_total"); };
    const auto possibly = [&] { return scene.host.metric("jetcapture_messages_possibly_lost_total"); };
    REQUIRE_MESSAGE(eventually(20s, [&] { return lost() + possibly() >= 20; }), scene.host.output());
    CHECK(lost() <= 20);
    if (possibly() > 0)
      CHECK(scene.host.ready()["notes"].dump().find("messages may have left the stream before") != std::string::npos);
  }
  CHECK(scene.host.ready()["ready"] == true);
  CHECK(scene.host.ready()["notes"].dump().find("left the stream before they were captured") != std::string::npos);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  const nlohmann::json last = last_status(statuses);
  CHECK(last["lost"].get<std::uint64_t>() + last["possibly_lost"].get<std::uint64_t>() >= 20);
}

TEST_CASE("what is in flight when a stream's max_msgs removes it is captured, and no loss") {
  Scene scene(each_delivery(), 60s);
  scene.client->publish(1000, over_three_subjects);
  scene.host.start_watched(scene.flags({"--max-age", "5s"}));
  scene.wait_until_in_flight(1000);
  scene.client->publish(1000, over_three_subjects);
  scene.client->shorten_stream("S", {"s.>"}, 1000);
  REQUIRE_MESSAGE(eventually(30s, [&] { return scene.host.sequences().size() == 2000; }), scene.host.output());
  CHECK(scene.host.metric("jetcapture_messages_lost_total") == 0);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(each_once(scene.host.sequences(), 2000));
  CHECK(scene.host.lines_with("msg=ended").front().find(" lost=0") != std::string::npos);
}

TEST_CASE("deleted messages, and messages that the consumer's filter leaves out, are no loss") {
  Scene scene(each_delivery(), 60s, {{"filter_subject", "s.1"}});
  scene.client->publish(900, over_three_subjects);
  // Of the subject of the filter, in the middle and at the end.
  for (const int sequence : {301, 601, 898})
    scene.client->api("STREAM.MSG.DELETE.S", {{"seq", sequence}});
  std::vector<std::string> flags = scene.flags({"--max-age", "1s"});
  if (scene.delivery == Delivery::ordered)
    flags.insert(flags.end(), {"--filter-subject", "s.1"});
  scene.host.start_watched(flags);
  REQUIRE_MESSAGE(eventually(30s, [&] { return scene.host.sequences().size() == 297; }), scene.host.output());
  CHECK(scene.host.metric("jetcapture_messages_lost_total") == 0);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(scene.host.lines_with("msg=ended").front().find(" lost=0") != std::string::npos);
}

TEST_CASE("what another host captures of the same consumer is no loss") {
  Scene scene(60s);
  scene.client->publish(900, over_three_subjects);
  Holder other(scene.server.url(), "S", "C", 300);
  scene.host.start_watched({"--max-age", "1s"});
  REQUIRE_MESSAGE(eventually(30s, [&] { return scene.host.sequences().size() == 600; }), scene.host.output());
  other.ack();
  scene.client->publish(30, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return scene.host.sequences().size() == 630; }), scene.host.output());
  CHECK(scene.host.metric("jetcapture_messages_lost_total") == 0);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
}
