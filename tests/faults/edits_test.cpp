// A server that restarts after a stream or a consumer was edited tells another time of its creation: the one when it
// had loaded it before. It is the same one all the same. Seen with 2.9.10 and 2.14.2.
#include "faults/scene.hpp"

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// A consumer whose edit will change its time of creation by more than a second.
struct Edited : Scene {
  explicit Edited(Delivery kind = Delivery::shared) : Scene(kind, 4s) {
    pass(1500ms);
    restart();
    client->publish(300, over_three_subjects);
  }
  void restart() {
    client.reset();
    server.stop();
    start_server();
  }
  void edit_and_restart() {
    const std::string before = consumer()["created"];
    client->make_consumer("S", "C", {{"ack_wait", 5'000'000'000}, {"max_ack_pending", 50000}});
    restart();
    REQUIRE(consumer()["config"]["ack_wait"] == 5'000'000'000);
    MESSAGE("created ", before, ", then ", consumer()["created"].get<std::string>());
  }
};

} // namespace

TEST_CASE("a stream or consumer that was edited before the server restarted is the same one for the host's journal") {
  Edited edited;
  edited.host.binary = JETCAPTURE_FAULTS_BINARY;
  edited.host.environment["JETCAPTURE_FAULT_POINT"] = "after-journal:3";
  REQUIRE_MESSAGE(edited.host.run({"--once", "--max-age", "2s"}) == 128 + SIGKILL, edited.host.output());
  edited.host.environment["JETCAPTURE_FAULT_POINT"] = "";
  SUBCASE("the consumer") {
    edited.edit_and_restart();
  }
  SUBCASE("the stream") {
    edited.client->shorten_stream("S", {"s.>"}, 1000);
    edited.restart();
  }
  SUBCASE("the stream, and the newest message of it that was stored is deleted") {
    edited.client->shorten_stream("S", {"s.>"}, 1000);
    edited.client->api("STREAM.MSG.DELETE.S", {{"seq", 300}});
    edited.restart();
  }
  REQUIRE_MESSAGE(edited.host.run({"--once", "--max-age", "2s"}) == 0, edited.host.output());
  CHECK_MESSAGE(each_once(edited.host.sequences(), 300), edited.host.output());
  CHECK(edited.host.lines_with("not written again").size() == 1);
}

TEST_CASE("a stream that was edited before the server restarted is the same one for a capture with ordered delivery") {
  Edited edited(Delivery::ordered);
  const std::vector<std::string> flags = edited.flags({"--max-age", "1s"});
  edited.host.start(flags);
  REQUIRE_MESSAGE(eventually(20s, [&] { return edited.has_stored(300); }), edited.host.output());
  const std::string before = edited.client->api("STREAM.INFO.S")["created"];
  edited.client->shorten_stream("S", {"s.>"}, 1000);
  SUBCASE("with its newest message") {}
  SUBCASE("without its newest message") {
    edited.client->api("STREAM.MSG.DELETE.S", {{"seq", 300}});
  }
  edited.restart();
  MESSAGE("created ", before, ", then ", edited.client->api("STREAM.INFO.S")["created"].get<std::string>());
  edited.client->publish(300, over_three_subjects);
  // While it runs, and in a next run.
  REQUIRE_MESSAGE(eventually(30s, [&] { return edited.has_stored(600); }), edited.host.output());
  edited.host.program().signal(SIGTERM);
  CHECK_MESSAGE(edited.host.program().wait(20s) == 0, edited.host.output());
  edited.client->publish(300, over_three_subjects);
  std::vector<std::string> once = flags;
  once.push_back("--once");
  CHECK_MESSAGE(edited.host.run(once) == 0, edited.host.output());
  CHECK(each_once(edited.host.sequences(), 900));
}

TEST_CASE("a consumer that is edited before the server restarts does not end a host that runs") {
  Edited edited;
  edited.host.start({"--max-age", "1s"});
  REQUIRE(eventually(20s, [&] { return edited.consumer()["ack_floor"]["stream_seq"] == 300; }));
  edited.edit_and_restart();
  edited.client->publish(300, over_three_subjects);
  CHECK_MESSAGE(eventually(30s, [&] { return edited.consumer()["ack_floor"]["stream_seq"] == 600; }),
                edited.host.output());
  edited.host.program().signal(SIGTERM);
  CHECK_MESSAGE(edited.host.program().wait(20s) == 0, edited.host.output());
  CHECK(each_once(edited.host.sequences(), 600));
}

TEST_CASE("a consumer that is recreated behind all that the host has in flight is not taken for the edited one, and "
          "confirms no ack") {
  Scene scene(180s);
  scene.client->publish(300, over_three_subjects);
  scene.host.start({"--max-age", "30s"});
  REQUIRE(eventually(20s, [&] { return scene.consumer()["num_ack_pending"] == 300; }));
  pass(1500ms);
  // It sees nothing of what happens meanwhile, and then a consumer that says to have delivered as much.
  scene.host.program().signal(SIGSTOP);
  scene.client->api("CONSUMER.DELETE.S.C");
  scene.client->make_consumer("S", "C",
                              {{"deliver_policy", "new"}, {"ack_wait", 180'000'000'000}, {"max_ack_pending", 100000}});
  CHECK(scene.consumer()["delivered"]["stream_seq"] == 300);
  scene.host.program().signal(SIGCONT);
  CHECK_MESSAGE(scene.host.program().wait(20s) == 3, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("acked=0").size() == 1, scene.host.output());
}
