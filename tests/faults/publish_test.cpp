// `jetcapture restore --publish`, killed at random points.
#include "capture/host.hpp"
#include "support/base64.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <random>
#include <string>
#include <vector>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// A run is killed behind so many messages at most, with up to 4,096 that are not confirmed: ten runs are not enough.
constexpr std::size_t most_before_a_kill = 250;
constexpr std::size_t messages = 45'000;

// The backup of a stream, and the stream REPLAY that gets its messages.
class Replayed {
public:
  Replayed() {
    client_.make_stream("S", {"s.>"});
    client_.make_stream("REPLAY", {"replay.>"});
    client_.publish(messages, over_three_subjects);
    REQUIRE_MESSAGE(host_.run({"--create-consumer", "--once", "--decoder-opt", "key=token:2"}) == 0, host_.output());
  }

  // The exit status of one run. point: where it is killed; empty: nowhere.
  int publish(const std::string &point = "") {
    Program run({point.empty() ? JETCAPTURE_BINARY : JETCAPTURE_FAULTS_BINARY, "restore", "--publish", "--stream", "S",
                 "--to-stream", "REPLAY", "--subject-prefix", "replay.", "--store", "file", "--store-opt",
                 "root=" + host_.root(), "--server", server_.url(), "--yes"},
                host_.folder() / ("publish-" + std::to_string(++runs_)),
                {{"JETCAPTURE_FAULT_POINT", point}, {"JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS}});
    const auto status = run.wait(60s);
    REQUIRE(status);
    said_ = run.output();
    return *status;
  }
  const std::string &said() const { return said_; }

  std::uint64_t stored() { return state().at("messages"); }
  // The first message of the stream that is not the next one of the backup; 0: there is none.
  std::uint64_t first_wrong() {
    const std::uint64_t last = state().at("last_seq");
    for (std::uint64_t sequence = 1; sequence <= last; sequence++) {
      const nlohmann::json there = client_.api("STREAM.MSG.GET.REPLAY", {{"seq", sequence}}).at("message");
      const Message expected = over_three_subjects(sequence);
      if (there.at("subject") != "replay." + expected.subject || from_base64(there.at("data")) != expected.data ||
          from_base64(there.at("hdrs")).find("Jetcapture-Sequence: " + std::to_string(sequence) + "\r\n") ==
              std::string::npos)
        return sequence;
    }
    return 0;
  }

private:
  nlohmann::json state() { return client_.api("STREAM.INFO.REPLAY").at("state"); }

  Server server_;
  Client client_{server_.url()};
  Host host_{server_};
  int runs_ = 0;
  std::string said_;
};

} // namespace

TEST_CASE("a backup that is published by runs of which ten are killed at random points is there once and in order") {
  Replayed replayed;
  std::mt19937_64 random(11);
  for (int kills = 0; kills < 10; kills++) {
    const std::string point = (random() % 2 == 0 ? "during-publish:" : "after-confirmation:") +
                              std::to_string(1 + random() % most_before_a_kill);
    CAPTURE(point);
    // What the server still reads of the run before may come while this one has begun: then it is refused, and goes on
    // with the next one.
    CHECK_MESSAGE(eventually(30s, [&] { return replayed.publish(point) == 128 + SIGKILL; }), replayed.said());
  }
  CHECK(replayed.stored() < messages);
  CHECK_MESSAGE(eventually(30s, [&] { return replayed.publish() == 0; }), replayed.said());
  CHECK(replayed.stored() == messages);
  CHECK(replayed.first_wrong() == 0);
  CHECK(replayed.publish() == 0);
  CHECK(replayed.said().find("published 0 messages of S into REPLAY") == 0);
  CHECK(replayed.stored() == messages);
}
