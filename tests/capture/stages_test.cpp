#include "capture/deliveries.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <set>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Ready {
  Server server;
  Client client{server.url()};
  Host host{server};
  const Delivery delivery;
  explicit Ready(Delivery kind = Delivery::shared) : delivery(kind) {
    client.make_stream("S", {"s.>"});
    make_consumer_for(delivery, client, {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}});
  }
  void publish(std::vector<std::string> texts) {
    client.publish(texts.size(), [&](std::size_t i) { return Message{"s.a", texts[i - 1]}; });
  }
  // Flags before those of the stages.
  std::vector<std::string> with(std::vector<std::string> more) const {
    more.insert(more.end(), {"--plugin-dir", JETCAPTURE_HARD_PLUGINS});
    return with_delivery(delivery, std::move(more));
  }
  std::string text_of(const std::string &folder) const {
    std::string text;
    for (const std::string &file : host.files())
      if (file.starts_with(folder))
        text += read_file(std::filesystem::path(host.root()) / file);
    return text;
  }
};

// 2026-11-24T12:00:00Z, and message i one of a thousand hours before it.
std::string of_an_hour(std::size_t i) {
  return R"({"i":)" + std::to_string(i) + R"(,"created_at":)" +
         std::to_string((1'795'521'600 - 3600 * static_cast<std::int64_t>(i % 1000)) * 1000) + "}";
}

} // namespace

TEST_CASE("a writer that gives all its bytes at the end loses none") {
  Ready ready;
  ready.publish({"one", "two", "three"});
  // The reference never called the writer's flush: an empty file, and every message acked.
  REQUIRE(ready.host.run(ready.with({"--once"}), {"message", "buffering", "file"}) == 0);
  CHECK(ready.host.text() == "one\ntwo\nthree\n");
}

TEST_CASE("bytes inside the writer count for --max-bytes") {
  Ready ready;
  ready.publish(std::vector<std::string>(10, std::string(99, 'x')));
  REQUIRE(ready.host.run(ready.with({"--once", "--max-bytes", "300"}), {"message", "buffering", "file"}) == 0);
  CHECK(ready.host.files().size() == 4);
}

TEST_CASE("a payload that the writer refuses leaves nothing in the block, and the message is in quarantine whole") {
  Ready ready;
  ready.publish({"one", "poison", "three"});
  REQUIRE(ready.host.run(ready.with({"--once"}), {"message", "buffering", "file"}) == 0);
  CHECK(ready.text_of("s.a/") == "one\nthree\n");
  CHECK(ready.text_of("_quarantine/").find("\"data\":\"poison\"") != std::string::npos);
}

TEST_CASE("a message of several keys is in each of their blocks, and acked once all are stored") {
  Ready ready(each_delivery());
  ready.publish({"a,b", "b", "a,b,c", "c,!"});
  REQUIRE(ready.host.run(ready.with({"--once", "--log-level", "debug"}), {"fan_out", "raw", "file"}) == 0);
  // The block that is stored first has no message to ack yet.
  CHECK(ready.host.lines_with("sent again").empty());
  CHECK(ready.text_of("a/") == "a,b\na,b,c\n");
  CHECK(ready.text_of("b/") == "a,b\nb\na,b,c\n");
  // What the last message emitted before it failed was taken back.
  CHECK(ready.text_of("c/") == "a,b,c\n");
  CHECK(ready.text_of("_quarantine/").find("told to fail") != std::string::npos);
  CHECK(has_nothing_pending(ready.delivery, ready.client));
}

TEST_CASE("a message of several keys is not acked while one of its blocks is not stored") {
  Ready ready;
  ready.publish({"a,b"});
  write_file(ready.host.root() + "/b", "in the way");
  ready.host.start(ready.with({"--max-age", "1s", "--retry-min", "50ms", "--retry-max", "100ms"}),
                   {"fan_out", "raw", "file"});
  REQUIRE(eventually(20s, [&] { return ready.host.lines_with("block stored").size() == 1; }));
  REQUIRE(eventually(20s, [&] { return !ready.host.lines_with("someone has to act").empty(); }));
  CHECK(ready.client.consumer("S", "C")["num_ack_pending"] == 1);
  std::filesystem::remove(ready.host.root() + "/b");
  CHECK(eventually(20s, [&] { return ready.client.consumer("S", "C")["num_ack_pending"] == 0; }));
  ready.host.program().signal(SIGTERM);
  CHECK(ready.host.program().wait(10s) == 0);
}

TEST_CASE("killed between the blocks of a message of several keys, each key has it once") {
  Ready ready(each_delivery());
  if (ready.delivery == Delivery::shared)
    ready.client.make_consumer("S", "D", {{"ack_wait", 4'000'000'000}, {"max_ack_pending", 100000}});
  ready.host.consumer = "D";
  ready.publish(std::vector<std::string>(100, "a,b,c"));
  ready.host.binary = JETCAPTURE_FAULTS_BINARY;
  ready.host.environment["JETCAPTURE_FAULT_POINT"] =
      ready.delivery == Delivery::shared ? "after-journal:2" : "after-store:2";
  const std::vector<std::string> flags = ready.with({"--once", "--max-age", "2s"});
  REQUIRE(ready.host.run(flags, {"fan_out", "raw", "file"}) == 128 + SIGKILL);
  ready.host.binary = JETCAPTURE_BINARY;
  REQUIRE(ready.host.run(flags, {"fan_out", "raw", "file"}) == 0);
  for (const char *key : {"a/", "b/", "c/"})
    CHECK(ready.text_of(key).size() == 100 * 6);
}

TEST_CASE("a store that fails in every way that the C++ layer lets through is tried again, and nothing is lost") {
  for (const char *how : {"retry", "eio", "throw", "silent", "late"}) {
    SUBCASE(how) {
      Ready ready;
      ready.publish({"one", "two"});
      REQUIRE(ready.host.run(ready.with({"--once", "--retry-min", "20ms", "--store-opt", "root=" + ready.host.root(),
                                         "--store-opt", "failures=3", "--store-opt", std::string("how=") + how}),
                             {"message", "raw", "moody"}) == 0);
      CHECK(ready.host.text() == "one\ntwo\n");
    }
  }
}

TEST_CASE("a store that returns nonsense ends the host, and the messages stay in the stream") {
  Ready ready;
  ready.publish({"one"});
  CHECK(ready.host.run(ready.with({"--once", "--drain-timeout", "1s", "--store-opt", "root=" + ready.host.root(),
                                   "--store-opt", "failures=1000", "--store-opt", "how=nonsense"}),
                       {"message", "raw", "moody"}) == 3);
  CHECK(ready.host.lines_with("unknown status 4711").size() >= 1);
  CHECK(ready.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 0);
}

TEST_CASE("a store that says that it has stored after the time to drain was over leaves the block to the next start, "
          "which writes it once") {
  Ready ready;
  ready.publish({"one"});
  ready.host.start(ready.with({"--max-age", "1s", "--drain-timeout", "1s", "--store-opt", "root=" + ready.host.root(),
                               "--store-opt", "failures=1", "--store-opt", "how=late"}),
                   {"message", "raw", "moody"});
  // In the store's hands for three seconds.
  REQUIRE(eventually(20s, [&] { return ready.client.consumer("S", "C")["num_ack_pending"] == 1; }));
  pass(1500ms);
  ready.host.program().signal(SIGTERM);
  CHECK(ready.host.program().wait(20s).has_value());
  ready.client.api("CONSUMER.DELETE.S.C");
  ready.client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}});
  REQUIRE(ready.host.run(ready.with({"--once", "--max-age", "1s", "--store-opt", "root=" + ready.host.root()}),
                         {"message", "raw", "moody"}) == 0);
  // The name is of its content: written again, it is the same file.
  CHECK(ready.host.text() == "one\n");
}

TEST_CASE("a store that hangs does not keep the host from ending, and acks nothing") {
  Ready ready;
  ready.publish({"one"});
  ready.host.start(ready.with({"--max-age", "1s", "--drain-timeout", "1s", "--store-opt", "root=" + ready.host.root(),
                               "--store-opt", "failures=1000", "--store-opt", "how=hang"}),
                   {"message", "raw", "moody"});
  REQUIRE(eventually(20s, [&] { return ready.client.consumer("S", "C")["num_ack_pending"] == 1; }));
  ready.host.program().signal(SIGTERM);
  CHECK(ready.host.program().wait(20s) == 1);
  CHECK(ready.host.lines_with("unconfirmed=1").size() == 1);
  CHECK(ready.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 0);
}

TEST_CASE("late messages join the block of their interval within --late-grace") {
  Ready ready(each_delivery());
  ready.host.start(ready.with({"--max-age", "2s", "--late-grace", "4s", "--path-template", "%H-%M-%S"}),
                   {"fan_out", "raw", "file"});
  for (int round = 0; round < 12; round++) {
    ready.publish({"a@0", "a@2"});
    pass(300ms);
  }
  REQUIRE(eventually(30s, [&] {
    const std::string text = ready.host.text();
    return std::count(text.begin(), text.end(), '\n') == 24;
  }));
  std::set<std::string> intervals;
  for (const std::string &file : ready.host.files())
    intervals.insert(file.substr(0, file.find('/')));
  CHECK(intervals.size() >= 2);
  CHECK(ready.host.files().size() == intervals.size());
}

TEST_CASE("messages that come after their interval was stored make one more block, not one for each") {
  Ready ready;
  ready.host.start(ready.with({"--max-age", "4s", "--path-template", "%H-%M-%S"}), {"fan_out", "raw", "file"});
  ready.publish({"a@60"});
  REQUIRE(eventually(30s, [&] { return ready.host.files().size() == 1; }));
  for (int late = 0; late < 10; late++) {
    ready.publish({"a@3600"});
    pass(100ms);
  }
  REQUIRE(eventually(30s, [&] { return ready.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 11; }));
  std::set<std::string> intervals;
  for (const std::string &file : ready.host.files())
    intervals.insert(file.substr(0, file.find('/')));
  CHECK(ready.host.files().size() == intervals.size());
  CHECK(intervals.size() <= 3); // the first one's, and one or two of those that came an hour late
}

TEST_CASE("records are filed by their own time: old data of a thousand intervals makes a file for each") {
  Ready ready;
  ready.client.publish(5000, [](std::size_t i) { return Message{"s.a", of_an_hour(i)}; });
  REQUIRE(ready.host.run({"--once", "--max-age", "30m", "--decoder-opt", "time=field:/created_at", "--path-template",
                          "%Y-%m-%d-%H"},
                         {"json", "ndjson", "file"}) == 0);
  const std::vector<std::string> files = ready.host.files();
  CHECK(files.size() == 1000);
  std::set<std::string> folders;
  for (const std::string &file : files)
    folders.insert(file.substr(0, file.find('/')));
  CHECK(folders.size() == 1000);
  CHECK(*folders.rbegin() == "2026-11-24-12");
  CHECK(*folders.begin() == "2026-10-13-21");
  CHECK(ready.text_of("2026-11-24-12/").starts_with(R"({"i":1000,"created_at":1795521600000})"));
  CHECK(ready.host.lines().size() == 5000);
}

TEST_CASE("old data of more intervals than may be in flight seals the largest blocks, and all of it is captured once") {
  Ready ready;
  ready.client.make_consumer("S", "FEW", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100}});
  ready.client.publish(600, [](std::size_t i) { return Message{"s.a", of_an_hour(i)}; });
  ready.host.consumer = "FEW";
  REQUIRE(ready.host.run({"--once", "--max-age", "30m", "--decoder-opt", "time=field:/created_at"},
                         {"json", "ndjson", "file"}) == 0);
  std::set<std::uint64_t> captured;
  const std::vector<Line> lines = ready.host.lines();
  for (const Line &line : lines)
    captured.insert(line["i"].get<std::uint64_t>());
  CHECK(lines.size() == 600);
  CHECK(captured.size() == 600);
  CHECK(ready.host.lines_with("max_ack_pending of the consumer is reached").size() == 1);
}

TEST_CASE("a message without the time that it is to be filed by goes to quarantine where that is wanted") {
  Ready ready;
  ready.publish({R"({"created_at":"2026-11-24T12:00:00Z"})", R"({"created_at":"soon"})"});
  REQUIRE(ready.host.run({"--once", "--max-age", "30m", "--decoder-opt", "time=field:/created_at", "--decoder-opt",
                          "time-missing=refuse"},
                         {"json", "ndjson", "file"}) == 0);
  CHECK(ready.text_of("s.a/2026/11/24/12/").find("2026-11-24T12:00:00Z") != std::string::npos);
  CHECK(ready.text_of("_quarantine/").find("the time field:/created_at") != std::string::npos);
}
