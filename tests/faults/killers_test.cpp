// Plug-ins that crash, end the process, or do not return.
#include "capture/deliveries.hpp"
#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;
// What a killed host held comes again soon.
const std::vector<std::string> once = {"--once", "--max-age", "1s"};
const std::vector<std::string> killer_decoder = {"killer", "ndjson", "file"};
const std::vector<std::string> killer_writer = {"message", "killer", "file"};

struct Scene {
  Server server;
  Client client{server.url()};
  WatchedHost host{server};
  const Delivery delivery;
  explicit Scene(std::int64_t ack_wait = 4 * second, Delivery kind = Delivery::shared) : delivery(kind) {
    client.make_stream("S", {"s.>"});
    make_consumer_for(delivery, client, {{"ack_wait", ack_wait}, {"max_ack_pending", 1000}});
    host.environment["JETCAPTURE_PLUGIN_PATH"] = JETCAPTURE_KILLERS ":" JETCAPTURE_PLUGINS;
  }
  void publish(const std::vector<std::string> &texts) {
    client.publish(texts.size(), [&](std::size_t i) { return Message{"s.a", texts[i - 1]}; });
  }
  bool said(const std::vector<std::string> &parts) const {
    for (const std::string &line : host.lines_with(parts.front()))
      if (std::all_of(parts.begin(), parts.end(),
                      [&](const std::string &part) { return line.find(part) != std::string::npos; }))
        return true;
    return false;
  }
  bool hangs() {
    return eventually(20s, [&] { return !host.lines_with("the call does not return").empty(); });
  }
  std::chrono::steady_clock::duration time_to_end(std::chrono::seconds most) {
    const auto begin = std::chrono::steady_clock::now();
    host.program().wait(most);
    return std::chrono::steady_clock::now() - begin;
  }
};

} // namespace

TEST_CASE(
    "a message that a plug-in crashes on is named at the next start, and after the second time it is in quarantine") {
  Delivery delivery = Delivery::shared;
  std::vector<std::string> stages = killer_decoder;
  const char *function = "function=decode()";
  SUBCASE("decoder") {}
  SUBCASE("writer") {
    stages = killer_writer;
    function = "function=write()";
  }
  SUBCASE("decoder, with ordered delivery") {
    delivery = Delivery::ordered;
  }
  Scene scene(4 * second, delivery);
  const std::vector<std::string> flags = with_delivery(delivery, once);
  scene.publish({"one", "crash", "three"});
  REQUIRE(scene.host.run(flags, stages) == 128 + SIGSEGV);
  REQUIRE(scene.host.run(flags, stages) == 128 + SIGSEGV);
  CHECK_MESSAGE(scene.said({"the previous run ended", function, "sequence=2", "signal 11", "times=1"}),
                scene.host.output());
  REQUIRE_MESSAGE(scene.host.run(flags, stages) == 0, scene.host.output());
  CHECK_MESSAGE(scene.said({"goes to quarantine", function, "sequence=2", "times=2"}), scene.host.output());
  bool quarantined = false;
  for (const std::string &file : scene.host.files())
    if (file.starts_with("_quarantine/")) {
      const std::string line = read_file(std::filesystem::path(scene.host.root()) / file);
      CHECK(line.find("\"data\":\"crash\"") != std::string::npos);
      CHECK(line.find("the host ended twice while a plug-in was at this message") != std::string::npos);
      quarantined = true;
    }
  CHECK(quarantined);
  CHECK(has_nothing_pending(delivery, scene.client));
  CHECK(has_stored(delivery, scene.client, scene.host, 3));
  // Nothing is left to tell.
  REQUIRE(scene.host.run(flags, stages) == 0);
  CHECK(scene.host.lines_with("ended during a call into a plug-in").empty());
}

TEST_CASE("with several pipelines only the message that a decoder crashes on goes to quarantine") {
  Scene scene;
  std::vector<std::string> texts(200, "fine");
  texts[100] = "abort";
  scene.publish(texts);
  const std::vector<std::string> flags = {"--once", "--max-age", "1s", "--pipelines", "4"};
  REQUIRE(scene.host.run(flags, killer_decoder) == 128 + SIGABRT);
  REQUIRE(scene.host.run(flags, killer_decoder) == 128 + SIGABRT);
  REQUIRE_MESSAGE(scene.host.run(flags, killer_decoder) == 0, scene.host.output());
  std::size_t quarantined = 0;
  for (const std::string &file : scene.host.files())
    if (file.starts_with("_quarantine/")) {
      const std::string lines = read_file(std::filesystem::path(scene.host.root()) / file);
      quarantined += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
    }
  CHECK(quarantined == 1);
  CHECK(scene.client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE(
    "a plug-in that ends the process is named with its message in the last line, and the exit status is a failure") {
  for (const char *how : {"exit", "_exit", "_Exit", "quick_exit"}) {
    SUBCASE(how) {
      Scene scene;
      scene.publish({"one", how, "three"});
      CHECK(scene.host.run(once, killer_decoder) == 3);
      CHECK_MESSAGE(scene.said({"a plug-in ended the process", std::string("called=") + how + "()", "stage=decoder",
                                "function=decode()", "sequence=2"}),
                    scene.host.output());
      CHECK(scene.host.run(once, killer_decoder) == 3);
      CHECK_MESSAGE(scene.said({"the previous run ended", "sequence=2", "it ended the process"}), scene.host.output());
      CHECK(scene.host.run(once, killer_decoder) == 0);
    }
  }
}

TEST_CASE("a store that crashes or ends the process is named at the next start, and no message is blamed") {
  Scene scene;
  scene.publish({"one"});
  const std::vector<std::string> stages = {"message", "ndjson", "killer"};
  CHECK(scene.host.run(once, stages) == 128 + SIGSEGV);
  CHECK(scene.host.run({"--once", "--max-age", "1s", "--store-opt", "how=_exit"}, stages) == 3);
  CHECK_MESSAGE(scene.said({"the previous run ended", "stage=store", "function=put()", "sequence=1", "times=0"}),
                scene.host.output());
  CHECK_MESSAGE(scene.said({"a plug-in ended the process", "function=put()"}), scene.host.output());
  CHECK(scene.host.run(once) == 0);
  CHECK(each_once(scene.host.sequences(), 1));
}

TEST_CASE("a plug-in that ends the process while it is made is named, and nothing has started") {
  Scene scene;
  CHECK(scene.host.run({"--max-age", "1s", "--decoder-opt", "create=_exit"}, killer_decoder) == 3);
  CHECK_MESSAGE(scene.said({"a plug-in ended the process", "stage=decoder", "function=create()"}), scene.host.output());
}

TEST_CASE("the second signal ends a host whose plug-in does not return, and the last line says what is given up") {
  std::vector<std::string> flags;
  std::vector<std::string> stages = killer_decoder;
  const char *function = "function=decode()";
  SUBCASE("in decode") {}
  SUBCASE("in decode, with several pipelines") {
    flags = {"--pipelines", "3"};
  }
  SUBCASE("in write") {
    stages = killer_writer;
    function = "function=write()";
  }
  Scene scene(3600 * second);
  scene.publish({"one", "hang", "three"});
  scene.host.start(flags, stages);
  REQUIRE(scene.hangs());
  scene.host.program().signal(SIGTERM);
  REQUIRE(eventually(10s, [&] { return !scene.host.lines_with("a second signal stops at once").empty(); }));
  scene.host.program().signal(SIGTERM);
  CHECK(scene.time_to_end(20s) < 8s);
  CHECK(scene.host.program().wait(1ms) == 1);
  CHECK_MESSAGE(scene.said({"stopped at once, without draining", function, "sequence=2", "given_up="}),
                scene.host.output());
}

TEST_CASE("a plug-in that does not return keeps the host no longer than its time to drain, and some seconds") {
  Scene scene(3600 * second);
  scene.publish({"one", "hang", "three"});
  scene.host.start({"--drain-timeout", "1s"}, killer_decoder);
  REQUIRE(scene.hangs());
  scene.host.program().signal(SIGTERM);
  CHECK(scene.time_to_end(60s) < 30s);
  CHECK(scene.host.program().wait(1ms) == 1);
  CHECK_MESSAGE(scene.said({"--drain-timeout is over", "function=decode()", "sequence=2"}), scene.host.output());
}

TEST_CASE("a stage that is never made keeps the host from starting, and not from ending") {
  Scene scene;
  scene.host.start({"--decoder-opt", "create=hang"}, killer_decoder);
  REQUIRE(scene.hangs());
  scene.host.program().signal(SIGTERM);
  SUBCASE("the first signal ends it after some seconds") {
    CHECK(scene.time_to_end(30s) < 15s);
  }
  SUBCASE("the second one at once") {
    REQUIRE(eventually(10s, [&] { return !scene.host.lines_with("a second signal stops at once").empty(); }));
    scene.host.program().signal(SIGTERM);
    CHECK(scene.time_to_end(30s) < 4s);
  }
  CHECK(scene.host.program().wait(1ms) == 2);
  CHECK_MESSAGE(scene.said({"the start was cut short", "stage=decoder", "function=create()"}), scene.host.output());
}

TEST_CASE("health says after half a minute which call into a plug-in does not return, and at which message") {
  Scene scene(3600 * second);
  scene.publish({"one", "hang", "three"});
  // The capture thread goes on by itself.
  scene.host.start_watched({"--pipelines", "2"}, killer_decoder);
  REQUIRE(eventually(60s, [&] { return http_get(scene.host.address(), "/healthz").status == 503; }));
  const std::string reason = "the decoder has not returned from decode() at message 2 for ";
  for (const char *path : {"/healthz", "/readyz", "/"})
    CHECK_MESSAGE(http_get(scene.host.address(), path).body.find(reason) != std::string::npos,
                  http_get(scene.host.address(), path).body);
  CHECK(eventually(5s, [&] { return scene.said({"a plug-in does not return", "stage=decoder", "sequence=2"}); }));
}
