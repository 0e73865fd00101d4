// What a capture costs that has nothing to do.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
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
  const auto entries = [&](const char *folder, const auto &counts) {
    const std::filesystem::directory_iterator all(process + folder);
    return std::count_if(begin(all), end(all), counts);
  };
  // What served the start alone may be there a moment longer.
#ifndef __SANITIZE_THREAD__ // which has a thread of its own
  CHECK(eventually(20s, [&] { return entries("/task", [](const auto &) { return true; }) <= 14; }));
#endif
  // Two to the server; the third listens. The first three descriptors are the caller's.
  CHECK(eventually(20s, [&] {
    return entries("/fd", [](const auto &entry) {
             std::error_code gone;
             return std::stoi(entry.path().filename()) > 2 &&
                    std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:");
           }) <= 3;
  }));
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
