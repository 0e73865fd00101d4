#include "capture/watched_host.hpp"
#include "deploy/terminal.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct AtTerminal {
  Server server;
  Client client{server.url()};
  Folder folder;
  std::string root = folder / "root";
  AtTerminal() { client.make_stream("S", {"s.>"}); }

  std::vector<std::string> command(const std::vector<std::string> &more = {}) const {
    std::vector<std::string> all = {JETCAPTURE_BINARY, "--server",    server.url(),        "--stream",  "S",
                                    "--consumer",      "C",           "--create-consumer", "--decoder", "message",
                                    "--writer",        "ndjson",      "--store",           "file",      "--store-opt",
                                    "root=" + root,    "--state-dir", folder / "state"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static std::map<std::string, std::string> environment(const std::string &term = "xterm-256color") {
    return {{"JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS}, {"TERM", term}};
  }
  // For a host that was started with listening.
  static bool holds(const Terminal &terminal, std::size_t count) {
    return eventually(20s, [&] { return !listening_address(terminal.bytes()).empty(); }) &&
           has_in_flight(listening_address(terminal.bytes()), count);
  }
  void publish(std::size_t count) {
    client.publish(count, [](std::size_t) { return Message{"s.a", std::string(100, 'x')}; });
  }
};

const std::vector<std::string> listening = {"--listen", "127.0.0.1:0"};

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("on a terminal a progress line stands below the log lines, and is gone at the end") {
  AtTerminal at;
  at.publish(2000);
  Terminal terminal(at.command({"--max-age", "1s"}), AtTerminal::environment(), 160);
  INFO(terminal.bytes());
  CHECK(eventually(20s, [&] { return has(terminal.last_line(), "1 stored"); }));
  CHECK(terminal.last_line().starts_with("S  "));
  terminal.signal(SIGTERM);
  CHECK(terminal.wait(30s) == 0);
  CHECK(eventually(5s, [&] { return has(terminal.bytes(), "msg=ended"); }));
  const std::vector<std::string> screen = terminal.screen();
  CHECK(screen.back().empty());
  // Log lines stand whole above it, and nothing of the progress line is left among them.
  for (std::size_t i = 0; i + 1 < screen.size(); i++)
    CHECK_MESSAGE(screen[i].starts_with("time="), screen[i]);
}

TEST_CASE("start, load, a store that is down, and its recovery can each be told from the line") {
  AtTerminal at;
  at.publish(200'000);
  Terminal terminal(at.command({"--max-age", "1s", "--retry-max", "1s"}), AtTerminal::environment(), 200);
  INFO(terminal.bytes());
  CHECK(eventually(30s, [&] { return has(terminal.bytes(), "msg/s"); }));
  CHECK(eventually(30s, [&] { return has(terminal.last_line(), "up to date"); }));
  // A file stands where the folder of the key was: nothing can be stored.
  const std::string folder = at.root + "/s.a";
  std::filesystem::rename(folder, folder + ".away");
  write_file(folder, "");
  CHECK(eventually(30s, [&] {
    at.publish(10);
    return has(terminal.last_line(), "STORE FAILING for ");
  }));
  CHECK(has(terminal.bytes(), "\x1b[1;31mSTORE FAILING"));
  CHECK(eventually(10s, [&] { return has(terminal.last_line(), " in flight"); }));
  std::filesystem::remove(folder);
  std::filesystem::rename(folder + ".away", folder);
  CHECK(eventually(30s, [&] { return has(terminal.last_line(), "up to date"); }));
  terminal.signal(SIGTERM);
  CHECK(terminal.wait(30s) == 0);
}

TEST_CASE("a server that is gone is told in the line") {
  AtTerminal at;
  Terminal terminal(at.command(), AtTerminal::environment(), 160);
  INFO(terminal.bytes());
  CHECK(eventually(20s, [&] { return has(terminal.last_line(), "msg/s"); }));
  at.server.kill();
  CHECK(eventually(20s, [&] { return has(terminal.last_line(), "NATS DISCONNECTED for "); }));
  at.server.start();
  CHECK(eventually(20s, [&] { return has(terminal.last_line(), "msg/s"); }));
}

TEST_CASE("a line is as narrow as the terminal") {
  AtTerminal at;
  Terminal terminal(at.command(), AtTerminal::environment(), 40);
  CHECK(eventually(20s, [&] { return terminal.last_line().starts_with("S  ") && has(terminal.last_line(), "msg/s"); }));
  CHECK(terminal.last_line().size() <= 39);
}

TEST_CASE("SIGINT at the terminal drains, and says so while it does") {
  AtTerminal at;
  at.publish(100);
  Terminal terminal(at.command(listening), AtTerminal::environment(), 160);
  REQUIRE(AtTerminal::holds(terminal, 100));
  terminal.signal(SIGINT);
  CHECK(terminal.wait(30s) == 0);
  CHECK(has(terminal.bytes(), "msg=ended messages=100 acked=100"));
}

TEST_CASE("a terminal that is closed drains the capture") {
  AtTerminal at;
  at.publish(100);
  Terminal terminal(at.command(listening), AtTerminal::environment(), 160);
  REQUIRE(AtTerminal::holds(terminal, 100));
  terminal.hang_up();
  CHECK(terminal.wait(30s) == 0);
  CHECK(blocks_below(at.root).size() == 1);
}

TEST_CASE("no progress line on a dumb terminal, nor with JSON logs, nor in a file") {
  AtTerminal at;
  at.publish(10);
  {
    Terminal dumb(at.command({"--once"}), AtTerminal::environment("dumb"), 80);
    CHECK(dumb.wait(30s) == 0);
    CHECK_FALSE(has(dumb.bytes(), "\x1b"));
  }
  Terminal json(at.command({"--once", "--log-format", "json"}), AtTerminal::environment(), 80);
  CHECK(json.wait(30s) == 0);
  CHECK_FALSE(has(json.bytes(), "\x1b"));
  Program program(at.command({"--once"}), at.folder / "log", AtTerminal::environment());
  CHECK(program.wait(30s) == 0);
  CHECK_FALSE(has(program.output(), "\x1b"));
}
