#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Running {
  Server server;
  Client client{server.url()};
  WatchedHost host{server};
  Running() { client.make_stream("S", {"s.>"}); }

  void start(std::vector<std::string> more) {
    more.push_back("--create-consumer");
    host.start_watched(more);
    REQUIRE(eventually(20s, [&] { return !host.lines_with("msg=capturing").empty(); }));
  }
  // Until the line of a new level is there.
  bool told(const std::string &signal, const std::string &level) {
    return eventually(10s, [&] { return !host.lines_with("signal=" + signal + " log_level=" + level).empty(); });
  }
  void publish_some() {
    client.publish(10, [](std::size_t) { return Message{"s.a", "x"}; });
  }
  void stop() {
    host.program().signal(SIGTERM);
    CHECK(host.program().wait(30s) == 0);
  }
};

} // namespace

TEST_CASE("SIGUSR1 makes the log debug, SIGUSR2 brings its level back, and the capture goes on") {
  Running running;
  running.start({"--max-age", "1s"});
  CHECK(running.host.lines_with("level=debug").empty());
  running.host.program().signal(SIGUSR1);
  REQUIRE(running.told("SIGUSR1", "debug"));
  running.publish_some();
  for (const char *line : {"level=debug msg=\"block sealed\" block=", "level=debug msg=\"block acked"})
    CHECK(eventually(20s, [&] { return !running.host.lines_with(line).empty(); }));
  running.host.program().signal(SIGUSR2);
  REQUIRE(running.told("SIGUSR2", "info"));
  const std::size_t debug_lines = running.host.lines_with("level=debug").size();
  const std::size_t stored = running.host.lines_with("msg=\"block stored\"").size();
  running.publish_some();
  CHECK(eventually(20s, [&] { return running.host.lines_with("msg=\"block stored\"").size() > stored; }));
  // One may have been on its way when the level changed.
  CHECK(running.host.lines_with("level=debug").size() <= debug_lines + 1);
  running.stop();
  CHECK(running.host.lines_with("level=error").empty());
}

TEST_CASE("SIGHUP reads log-level again from the file of --config, and a mistake in it changes nothing") {
  Running running;
  const std::string file = running.host.folder() / "capture.ini";
  write_file(file, "log-level = info\n");
  running.start({"--config", file});
  write_file(file, "log-level = debug\n");
  running.host.program().signal(SIGHUP);
  REQUIRE(running.told("SIGHUP", "debug"));
  CHECK(running.host.lines_with("count from the next start on").empty());
  write_file(file, "log-level = debug\nmax-messages = 5\n[store]\nname = file\nsync = none\n");
  running.host.program().signal(SIGHUP);
  CHECK(eventually(10s, [&] {
    return !running.host.lines_with("count from the next start on\" settings=\"max-messages, store-opt\"").empty();
  }));
  write_file(file, "log-level = loud\n");
  running.host.program().signal(SIGHUP);
  REQUIRE(eventually(10s, [&] { return !running.host.lines_with("the log level stays as it is").empty(); }));
  CHECK(running.host.lines_with("line 1: log-level").size() == 1);
  running.host.program().signal(SIGUSR2);
  CHECK(running.told("SIGUSR2", "debug")); // what the file said last
  running.stop();
}

TEST_CASE("SIGHUP without a file to read again drains, as SIGTERM does") {
  Running running;
  running.start({});
  running.publish_some();
  REQUIRE(running.host.has_in_flight(10));
  running.host.program().signal(SIGHUP);
  CHECK(running.host.program().wait(30s) == 0);
  CHECK(each_once(running.host.sequences(), 10));
}

TEST_CASE("each block that is stored has one line: path, messages, bytes, sequences, reason, seconds") {
  Running running;
  running.client.publish(30, [](std::size_t) { return Message{"s.a", "x"}; });
  REQUIRE(running.host.run({"--create-consumer", "--once", "--log-format", "json"}) == 0);
  const auto lines = running.host.lines_with("\"msg\":\"block stored\"");
  REQUIRE(lines.size() == running.host.files().size());
  std::uint64_t messages = 0;
  for (const std::string &text : lines) {
    const auto line = nlohmann::json::parse(text);
    messages += line.at("messages").get<std::uint64_t>();
    CHECK(line.at("bytes").get<std::uint64_t>() == std::filesystem::file_size(line.at("path").get<std::string>()));
    CHECK(line.at("first") <= line.at("last"));
    CHECK(line.at("reason") == "once");
    CHECK(line.at("seconds").get<double>() >= 0);
  }
  CHECK(messages == 30);
}
