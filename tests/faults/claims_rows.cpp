// Ordered delivery in claims (--parallel-backlog), broken in random ways: three hosts share a backlog, are killed at
// random, stopped for longer than a takeover takes, and lose their state directories. At the end the rows are compared
// with those of one host that captured the same in peace: the same rows in the same cells, which are claim, interval
// and key.
//
//   claims_rows [--messages N] [--claim N] [--kills N] [--seed N] [--server PATH|current]
//
// Last line: messages=… kills=… takeovers=… cells=… differ=0. The exit status is 0 with differ=0.
#define DOCTEST_CONFIG_IMPLEMENT
#include "capture/host.hpp"
#include "support/arguments.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t hosts_at_once = 3;
constexpr auto longest_run = 30min;

struct Plan {
  std::size_t messages = 0;
  std::uint64_t claim = 0;
  int kills = 0;
  unsigned seed = 0;
};

// Rows without their order, as far as two captures of the same stream have to agree.
struct Rows {
  std::uint64_t count = 0;
  std::uint64_t sum = 0; // of the hashes of their lines
  bool operator==(const Rows &) const = default;
};
using Cell = std::tuple<std::uint64_t, std::string, std::string>; // claim, start of the interval, key
using Cells = std::map<Cell, Rows>;

class Shared {
public:
  explicit Shared(const Plan &plan) : plan_(plan), random_(plan.seed) {
    client_.make_stream("S", {"s.>"});
    client_.publish(plan.messages, [](std::size_t i) {
      return Message{"s." + std::to_string(i * i % 11), "message " + std::to_string(i)};
    });
  }

  bool run() {
    Host one(server_);
    one.consumer = "one";
    begin(one, "one");
    expect_done(one, one.program().wait(longest_run));
    share();
    const Cells expected = cells_of("one");
    const Cells shared = cells_of("three");
    std::size_t differ = 0;
    for (const auto &[cell, rows] : expected) {
      const auto there = shared.find(cell);
      differ += there != shared.end() && there->second == rows ? 0 : 1;
    }
    for (const auto &one_more : shared)
      differ += expected.contains(one_more.first) ? 0 : 1;
    std::uint64_t rows = 0;
    for (const auto &one_of_them : expected)
      rows += one_of_them.second.count;
    if (rows != plan_.messages)
      throw std::runtime_error("one host has captured " + std::to_string(rows) + " rows");
    std::printf("messages=%zu claims=%zu kills=%d pauses=%d takeovers=%d cells=%zu differ=%zu\n", plan_.messages,
                claims_.size(), kills_, pauses_, takeovers_, expected.size(), differ);
    return differ == 0;
  }

private:
  unsigned any(unsigned below) { return static_cast<unsigned>(random_() % below); }
  std::string root(const std::string &name) const { return folder_ / name; }

  void begin(Host &host, const std::string &name) {
    host.start({"--delivery", "ordered", "--parallel-backlog", std::to_string(plan_.claim), "--once", "--max-age", "2s",
                "--max-messages", "20000", "--takeover-after", "2s", "--retry-min", "50ms", "--store-opt",
                "root=" + root(name)});
  }
  static void expect_done(const Host &host, std::optional<int> status) {
    if (status != 0)
      throw std::runtime_error("a host ended with " + std::to_string(status.value_or(-1)) + ":\n" + host.output());
  }

  // Three hosts until all is done.
  void share() {
    std::array<std::unique_ptr<Host>, hosts_at_once> hosts;
    std::array<bool, hosts_at_once> ended{};
    for (auto &host : hosts) {
      host = std::make_unique<Host>(server_);
      host->consumer = "three";
      host->state_dir = host->folder() / "state";
      begin(*host, "three");
    }
    const auto give_up = std::chrono::steady_clock::now() + longest_run;
    while (!(ended[0] && ended[1] && ended[2])) {
      if (std::chrono::steady_clock::now() > give_up)
        throw std::runtime_error("the hosts do not end:\n" + hosts[0]->output());
      for (std::size_t i = 0; i < hosts_at_once; i++)
        if (const auto status = ended[i] ? std::nullopt : hosts[i]->program().wait(50ms))
          ended[i] = !again(*hosts[i], *status);
      const std::size_t chosen = any(hosts_at_once);
      if (!ended[chosen])
        disturb(*hosts[chosen]);
    }
  }

  // It has ended: whether it was started again.
  bool again(Host &host, int status) {
    takeovers_ += static_cast<int>(host.lines_with("taking over").size());
    if (status == 0)
      return false;
    if (status != 4 && status != 128 + SIGKILL)
      expect_done(host, status);
    begin(host, "three");
    return true;
  }

  void disturb(Host &host) {
    if (kills_ >= plan_.kills)
      return;
    pass(std::chrono::milliseconds(any(200)));
    if (any(6) == 0) {
      pauses_++;
      host.program().signal(SIGSTOP);
      pass(3s); // longer than a takeover takes
      host.program().signal(SIGCONT);
      return;
    }
    kills_++;
    host.program().signal(SIGKILL);
    const auto status = host.program().wait(30s);
    if (any(2) == 0)
      std::filesystem::remove_all(host.state_dir);
    if (status && *status == 0) {
      begin(host, "three"); // it was faster, and finds nothing to do
      return;
    }
    again(host, status.value_or(-1));
  }

  // By the blocks that are done.
  Cells cells_of(const std::string &name) {
    Program ls({JETCAPTURE_BINARY, "ls", "--json", "--store", "file", "--store-opt", "root=" + root(name)},
               folder_ / (name + ".log"));
    if (ls.wait(300s) != 0)
      throw std::runtime_error("jetcapture ls: " + ls.output());
    Cells cells;
    const nlohmann::json listed = nlohmann::json::parse(ls.output());
    for (const nlohmann::json &block : listed["blocks"]) {
      if (block["state"] != "done")
        continue;
      const std::uint64_t claim = (block["first_sequence"].get<std::uint64_t>() - 1) / plan_.claim;
      if ((block["last_sequence"].get<std::uint64_t>() - 1) / plan_.claim != claim)
        throw std::runtime_error("a block has messages of two claims: " + block.dump());
      claims_.insert(claim);
      Rows &rows = cells[{claim, block["interval_start"].dump(), block["key"].dump()}];
      std::ifstream lines(std::filesystem::path(root(name)) / block["name"].get<std::string>());
      for (std::string line; std::getline(lines, line); rows.count++)
        rows.sum += std::hash<std::string>()(line);
    }
    return cells;
  }

  const Plan plan_;
  std::mt19937 random_;
  Folder folder_;
  Server server_;
  Client client_{server_.url()};
  std::set<std::uint64_t> claims_;
  int kills_ = 0;
  int pauses_ = 0;
  int takeovers_ = 0;
};

} // namespace

int main(int argc, char **argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  use_server_of(argc, argv);
  Plan plan;
  plan.messages = std::stoul(argument(argc, argv, "--messages", "100000"));
  plan.claim = std::stoul(argument(argc, argv, "--claim", "2500"));
  plan.kills = std::stoi(argument(argc, argv, "--kills", "6"));
  plan.seed = static_cast<unsigned>(std::stoul(argument(argc, argv, "--seed", "1")));
  try {
    return Shared(plan).run() ? 0 : 1;
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}
