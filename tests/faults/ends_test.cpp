// How the host ends, while others use the consumer and messages go on coming.
#include "faults/scene.hpp"

#include "support/holder.hpp"

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// Publishes for as long as it lives: so many messages at a time, with a pause between.
class Publisher {
public:
  Publisher(const std::string &url, std::size_t count, std::chrono::milliseconds pause)
      : client_(url), count_(count), pause_(pause), thread_([this] { run(); }) {}
  ~Publisher() {
    ending_ = true;
    thread_.join();
  }
  Publisher(const Publisher &) = delete;
  Publisher &operator=(const Publisher &) = delete;

private:
  void run() {
    while (!ending_) {
      client_.publish(count_, over_three_subjects);
      std::this_thread::sleep_for(pause_);
    }
  }
  Client client_;
  std::size_t count_;
  std::chrono::milliseconds pause_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

bool has_all(const std::map<std::uint64_t, int> &sequences, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t sequence = first; sequence <= last; sequence++)
    if (!sequences.contains(sequence))
      return false;
  return true;
}

} // namespace

TEST_CASE("--once waits for what another client holds, while messages go on coming") {
  Scene scene(10min);
  scene.client->publish(1000, over_three_subjects);
  std::size_t count = 300;
  std::optional<Holder> other;
  std::optional<Publisher> publisher;
  const auto start = [&] {
    other.emplace(scene.server.url(), "S", "C", count);
    publisher.emplace(scene.server.url(), 100, 5ms);
    scene.host.start({"--max-age", "1s", "--max-messages", "100", "--once"});
    REQUIRE(eventually(30s, [&] { return has_all(scene.host.sequences(), count + 1, 1000); }));
    // Time for many looks at whether all is done.
    CHECK_MESSAGE(!scene.host.program().wait(3s).has_value(), scene.host.output());
  };
  SUBCASE("which gives many back") {
    start();
    other->give_back();
    CHECK_MESSAGE(scene.host.program().wait(30s) == 0, scene.host.output());
    CHECK(has_all(scene.host.sequences(), 1, 1000));
  }
  SUBCASE("which gives one back") {
    count = 1;
    start();
    other->give_back();
    CHECK_MESSAGE(scene.host.program().wait(30s) == 0, scene.host.output());
    CHECK(has_all(scene.host.sequences(), 1, 1000));
  }
  SUBCASE("which acks them") {
    start();
    other->ack();
    CHECK_MESSAGE(scene.host.program().wait(30s) == 0, scene.host.output());
  }
  SUBCASE("until a signal ends it, with exit status 1") {
    start();
    scene.host.program().signal(SIGTERM);
    CHECK_MESSAGE(scene.host.program().wait(30s) == 1, scene.host.output());
  }
}

TEST_CASE("a drain of a live stream stores what is held within its timeout") {
  Scene scene(each_delivery(), 10min);
  const Publisher publisher(scene.server.url(), 20, 20ms);
  scene.host.start_watched(scene.flags({"--max-age", "1m", "--drain-timeout", "5s"}));
  REQUIRE(eventually(20s, [&] { return scene.host.metric("jetcapture_in_flight_messages") >= 200; }));
  // What the host holds now has to be stored, whatever comes meanwhile.
  const std::uint64_t held = 200;
  scene.host.program().signal(SIGTERM);
  CHECK_MESSAGE(scene.host.program().wait(30s).has_value(), scene.host.output());
  CHECK_MESSAGE(has_all(scene.host.sequences(), 1, held), scene.host.output());
  CHECK_FALSE(scene.host.lines_with(" unconfirmed=0 ").empty());
}

TEST_CASE("a host with nothing in flight ends at once") {
  Scene scene(each_delivery(), 10min);
  scene.client->publish(100, over_three_subjects);
  scene.host.start(scene.flags({"--max-age", "1s", "--drain-timeout", "1m"}));
  REQUIRE(eventually(20s, [&] { return scene.has_stored(100); }));
  scene.host.program().signal(SIGTERM);
  CHECK_MESSAGE(scene.host.program().wait(10s) == 0, scene.host.output());
}

TEST_CASE("what is given back is counted in messages, not once a block") {
  constexpr std::size_t count = 300;
  Delivery delivery = Delivery::shared;
  bool at_once = false;
  SUBCASE("from open blocks and blocks that the store refused") {}
  SUBCASE("at once") {
    at_once = true;
  }
  SUBCASE("with ordered delivery, from open blocks and blocks that the store refused") {
    delivery = Delivery::ordered;
  }
  SUBCASE("with ordered delivery, at once") {
    delivery = Delivery::ordered;
    at_once = true;
  }
  Scene scene(delivery, 10min);
  // Each message is in four blocks.
  scene.client->publish(count, [](std::size_t) { return Message{"s.a", "a,b,c,d"}; });
  scene.host.start_watched(with_hard_plugins(scene.flags({"--max-age", "1m"})), to_several_keys);
  scene.wait_until_in_flight(count);
  const InTheWay first(scene.host, "a");
  const InTheWay second(scene.host, "b");
  scene.host.program().signal(SIGTERM);
  if (at_once)
    REQUIRE(eventually(20s, [&] { return !scene.host.lines_with("msg=\"stopping").empty(); }));
  else
    REQUIRE(eventually(20s, [&] { return scene.host.lines_with("block stored").size() == 2; }));
  scene.host.program().signal(SIGTERM);
  CHECK_MESSAGE(scene.host.program().wait(10s) == 1, scene.host.output());
  const auto ended = scene.host.lines_with("msg=ended");
  REQUIRE(ended.size() == 1);
  CHECK_MESSAGE(ended.front().find(" returned=" + std::to_string(count) + " ") != std::string::npos, ended.front());
}
