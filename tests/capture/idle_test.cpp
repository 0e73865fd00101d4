// What a capture costs that has nothing to do.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// How often the threads of a process have gone to sleep by themselves, and so were woken.
std::uint64_t wakeups(int pid) {
  constexpr std::string_view field = "\nvoluntary_ctxt_switches:";
  std::uint64_t sum = 0;
  for (const auto &task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    const std::string status = read_file(task.path() / "status");
    sum += std::stoull(status.substr(status.find(field) + field.size()));
  }
  return sum;
}

std::set<std::string> open_files(const std::string &process) {
  std::set<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(process + "/fd")) {
    std::error_code gone;
    files.insert(std::filesystem::read_symlink(entry.path(), gone).string());
  }
  return files;
}

// Of a process, to the server. What nats.c has opened here is open there as well.
std::size_t connections(const std::string &process, const std::string &url) {
  std::set<std::string> sockets = open_files(process);
  for (const std::string &own : open_files("/proc/self"))
    sockets.erase(own);
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  std::size_t count = 0;
  std::ifstream table(process + "/net/tcp");
  std::string line;
  for (std::getline(table, line); std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    if (std::stoi(remote.substr(remote.find(':') + 1), nullptr, 16) == port)
      count += sockets.count("socket:[" + inode + "]");
  }
  return count;
}

} // namespace

TEST_CASE("an idle capture has no more threads and connections than its guide says") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  Host host(server);
  host.start({"--create-consumer", "--listen", "127.0.0.1:0"});
  REQUIRE(eventually(20s, [&] { return host.lines_with("msg=capturing").size() == 1; }));
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_waiting"] >= 1; }));
  const std::string process = "/proc/" + std::to_string(host.program().pid());
  // What served the start alone may be there a moment longer.
#ifndef __SANITIZE_THREAD__ // which has a thread of its own
  CHECK(eventually(20s, [&] {
    const std::filesystem::directory_iterator threads(process + "/task");
    return std::distance(begin(threads), end(threads)) <= 14;
  }));
#endif
  CHECK_MESSAGE(eventually(20s, [&] { return connections(process, server.url()) == 2; }),
                connections(process, server.url()));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
}

TEST_CASE("an idle capture is woken a few times a second, and has the next message soon") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  Host host(server);
  host.start({"--create-consumer", "--max-age", "1s"});
  REQUIRE(eventually(20s, [&] { return host.lines_with("msg=capturing").size() == 1; }));
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_waiting"] >= 1; }));
  // The time that passes is the one that is measured; a slow machine wakes it less often, not more.
  const auto in_five_seconds = [&] {
    const std::uint64_t before = wakeups(host.program().pid());
    std::this_thread::sleep_for(5s);
    return wakeups(host.program().pid()) - before;
  };
  CHECK(eventually(60s, [&] { return in_five_seconds() < 5 * 30; }));
  client.publish(10, over_three_subjects);
  CHECK(eventually(20s, [&] { return each_once(host.sequences(), 10); }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
}
