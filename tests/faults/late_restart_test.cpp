// A host that is killed, and starts again later than the other crash tests: after ack_wait, or with messages in flight
// that no block has.
#include "faults/scene.hpp"

#include <csignal>
#include <map>
#include <set>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE(
    "messages held through a server's outage, stored, journaled and not acked when the host is killed, are captured "
    "once when the host starts after their ack_wait") {
  constexpr std::size_t count = 3000;
  constexpr auto ack_wait = 4s;
  const std::vector<std::string> flags = {"--max-age",   "1s",    "--retry-min",     "50ms",
                                          "--retry-max", "100ms", "--drain-timeout", "1s"};
  Scene scene(ack_wait);
  int how = SIGKILL;
  SUBCASE("killed") {}
  SUBCASE("ended by SIGTERM, with all of them unconfirmed") {
    how = SIGTERM;
  }
  scene.client->publish(count, over_three_subjects);
  {
    // No block is stored before the server is down.
    const InTheWay first(scene.host, "s.0");
    const InTheWay second(scene.host, "s.1");
    const InTheWay third(scene.host, "s.2");
    scene.host.start_watched(flags);
    scene.wait_until_in_flight(count);
    scene.kill_server();
  }
  REQUIRE_MESSAGE(eventually(30s, [&] { return scene.host.sequences().size() == count; }), scene.host.output());
  scene.host.program().signal(how);
  REQUIRE_MESSAGE(scene.host.program().wait(30s) == (how == SIGKILL ? 128 + SIGKILL : 1), scene.host.output());

  scene.start_server();
  pass(ack_wait + 1s);
  std::vector<std::string> last = flags;
  last.push_back("--once");
  REQUIRE_MESSAGE(scene.host.run(last) == 0, scene.host.output());
  CHECK_MESSAGE(each_once(scene.host.sequences(), count), scene.host.output());
  CHECK(scene.host.lines_with("gave a sequence to a second message").empty());
  CHECK(scene.consumer()["num_ack_pending"] == 0);
}

TEST_CASE("a host that is killed gets its own messages back at its next start, long before their ack_wait") {
  constexpr std::size_t count = 3000;
  Scene scene(10min);
  scene.client->publish(count, over_three_subjects);
  scene.host.start_watched({"--max-age", "1m"});
  scene.wait_until_in_flight(count);
  scene.host.program().signal(SIGKILL);
  REQUIRE(scene.host.program().wait(10s) == 128 + SIGKILL);
  REQUIRE(scene.host.files().empty());

  scene.host.start({"--max-age", "1m", "--once"});
  CHECK_MESSAGE(scene.host.program().wait(45s) == 0, scene.host.output());
  CHECK(each_once(scene.host.sequences(), count));
  CHECK(scene.consumer()["num_ack_pending"] == 0);
}

TEST_CASE("blocks of messages with several keys are done after a crash, and not acked again at each start") {
  constexpr std::size_t count = 60;
  Delivery delivery = Delivery::shared;
  std::string point = "after-journal:3";
  bool server_has_acks = false;
  SUBCASE("some stored, nothing acked") {}
  SUBCASE("some acked") {
    point = "during-acks:25";
  }
  SUBCASE("all stored, and the server has the acks") {
    point = "after-journal:6";
    server_has_acks = true;
  }
  SUBCASE("with ordered delivery, some stored and not declared done") {
    delivery = Delivery::ordered;
    point = "after-store:3";
  }
  Scene scene(delivery, 4s);
  const std::vector<std::string> flags =
      with_hard_plugins(scene.flags({"--once", "--max-age", "2s", "--max-messages", "20"}));
  // Each message goes to two of three keys.
  scene.client->publish(count, [](std::size_t i) {
    return Message{"s.a", i % 3 == 0 ? "a,b" : i % 3 == 1 ? "b,c" : "a,c"};
  });
  scene.host.binary = JETCAPTURE_FAULTS_BINARY;
  scene.host.environment["JETCAPTURE_FAULT_POINT"] = point;
  REQUIRE_MESSAGE(scene.host.run(flags, to_several_keys) == 128 + SIGKILL, scene.host.output());
  scene.host.environment["JETCAPTURE_FAULT_POINT"] = "";
  if (server_has_acks) {
    scene.client->ack_up_to("S", "C", count);
    REQUIRE(eventually(10s, [&] { return scene.consumer()["ack_floor"]["stream_seq"] == count; }));
  }
  REQUIRE_MESSAGE(scene.host.run(flags, to_several_keys) == 0, scene.host.output());
  CHECK(has_nothing_pending(delivery, *scene.client));

  std::map<std::string, std::multiset<std::uint64_t>> by_key;
  for (const std::string &file : scene.host.files()) {
    std::istringstream lines(read_file(std::filesystem::path(scene.host.root()) / file));
    for (std::string line; std::getline(lines, line);)
      by_key[file.substr(0, file.find('/'))].insert(Line::parse(line)["sequence"].get<std::uint64_t>());
  }
  for (const auto &[key, remainder] : std::map<std::string, std::size_t>{{"a", 1}, {"b", 2}, {"c", 0}}) {
    std::multiset<std::uint64_t> expected;
    for (std::uint64_t sequence = 1; sequence <= count; sequence++)
      if (sequence % 3 != remainder)
        expected.insert(sequence);
    CHECK_MESSAGE(by_key[key] == expected, key);
  }

  // Nothing is left to do.
  REQUIRE_MESSAGE(scene.host.run(flags, to_several_keys) == 0, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("earlier run").empty(), scene.host.output());
}
