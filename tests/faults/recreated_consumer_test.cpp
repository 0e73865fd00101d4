// Consumers that are deleted, and created anew by the next start.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t count = 2000;
constexpr std::size_t more = 300;

struct Capture {
  Server server;
  Client client{server.url()};
  Host host{server};
  Capture() { client.make_stream("S", {"s.>"}); }

  void run(std::vector<std::string> flags = {}) {
    for (const char *flag : {"--once", "--create-consumer", "--max-age", "2s", "--max-messages", "100"})
      flags.push_back(flag);
    REQUIRE_MESSAGE(host.run(flags) == 0, host.output());
  }
  // Consumers are told apart by when they were created: by more than a restart of the server moves that time.
  void delete_consumer() {
    pass(500ms);
    client.api("CONSUMER.DELETE.S.C");
  }
  std::uint64_t delivered() { return client.consumer("S", "C")["delivered"]["consumer_seq"]; }
};

} // namespace

TEST_CASE("a deleted consumer that --create-consumer creates anew goes on from what is safe, and says so") {
  Capture capture;
  capture.client.publish(count, over_three_subjects);
  capture.run();
  CHECK(capture.client.consumer("S", "C")["config"]["deliver_policy"] == "all");
  capture.delete_consumer();
  capture.client.publish(more, over_three_subjects);
  capture.run();
  CHECK(each_once(capture.host.sequences(), count + more));
  CHECK(capture.delivered() == more);
  CHECK(capture.host.lines_with("created to begin after what an earlier one stored").size() == 1);
  CHECK(capture.host.lines_with("start=" + std::to_string(count + 1)).size() == 1);
  // Again, with nothing new: what is safe is not forgotten with the consumer that made it so.
  capture.delete_consumer();
  capture.run();
  CHECK(each_once(capture.host.sequences(), count + more));
  CHECK(capture.delivered() == 0);
}

TEST_CASE("what left the stream behind what was safe, before the consumer was recreated, is told as possibly lost") {
  Capture capture;
  capture.client.publish(count, over_three_subjects);
  capture.run();
  capture.delete_consumer();
  capture.client.publish(more, over_three_subjects);
  capture.client.api("STREAM.PURGE.S");
  capture.client.publish(10, over_three_subjects);
  capture.run();
  CHECK(capture.host.sequences().size() == count + 10);
  const std::string range = "first=" + std::to_string(count + 1) + " last=" + std::to_string(count + more);
  CHECK_MESSAGE(capture.host.lines_with("messages may be lost").size() == 1, capture.host.output());
  CHECK(capture.host.lines_with(range).size() == 1);
  CHECK(capture.host.lines_with("possibly_lost=" + std::to_string(more)).size() == 1);
  capture.run();
  CHECK(capture.host.lines_with("possibly_lost=0").size() == 1);
}

TEST_CASE("--capture-again has a recreated consumer deliver all, and all is captured again, once") {
  Capture capture;
  capture.client.publish(count, over_three_subjects);
  capture.run();
  capture.delete_consumer();
  capture.client.publish(more, over_three_subjects);
  capture.run({"--capture-again"});
  CHECK(capture.client.consumer("S", "C")["config"]["deliver_policy"] == "all");
  CHECK(capture.delivered() == count + more);
  CHECK(capture.host.lines_with("messages=" + std::to_string(count + more)).size() == 1);
  // The flag stays in the file: the consumer is not recreated now, so nothing is captured again.
  capture.client.publish(more, over_three_subjects);
  capture.run({"--capture-again"});
  CHECK(capture.host.lines_with("msg=ended messages=" + std::to_string(more)).size() == 1);
}

TEST_CASE("a recreated consumer with other filters begins at the first message, and stored ones are not stored again") {
  Capture capture;
  capture.client.publish(count, over_three_subjects);
  capture.run({"--filter-subject", "s.0"});
  CHECK(capture.host.sequences().size() == count / 3);
  capture.delete_consumer();
  capture.run();
  CHECK(capture.client.consumer("S", "C")["config"]["deliver_policy"] == "all");
  CHECK(each_once(capture.host.sequences(), count));
}

TEST_CASE("a consumer that is recreated by hand delivers all again, and what is stored is not stored again") {
  Capture capture;
  capture.client.publish(count, over_three_subjects);
  capture.run();
  capture.delete_consumer();
  capture.client.make_consumer("S", "C", {{"ack_wait", 60'000'000'000}, {"max_ack_pending", 100000}});
  capture.run();
  CHECK(each_once(capture.host.sequences(), count));
  CHECK(capture.delivered() == count);
  CHECK(capture.client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("the consumer of a stream that was recreated begins at its first message") {
  Capture capture;
  capture.client.publish(count, over_three_subjects);
  capture.run();
  capture.client.api("STREAM.DELETE.S");
  capture.client.make_stream("S", {"s.>"});
  capture.client.publish(more, over_three_subjects);
  capture.run();
  CHECK(capture.delivered() == more);
  CHECK(capture.host.lines_with("recreated since: its contents are dropped").size() == 1);
  CHECK(capture.host.sequences().at(1) == 2);
  CHECK(capture.host.sequences().at(more + 1) == 1);
}
