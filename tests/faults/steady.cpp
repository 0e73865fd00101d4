// A host as a real process that captures for long: every ten seconds it is measured, and at the end it is
// judged whether anything grows over the second half.
//
//   steady --seconds N [--messages-per-second N] [--restart-every SECONDS] [--server PATH]
//
// Intervals are of one second. Without --messages-per-second as many are published as the server takes.
// --restart-every: the server is restarted; else it runs without. --server: the nats-server to run;
// "current" is the one that tests/support/services.sh installs.
//
// Prints a table. The exit status is 0 where nothing grows; 1 where something does, which is named in the last lines.
#define DOCTEST_CONFIG_IMPLEMENT
#include "capture/watched_host.hpp"
#include "support/arguments.hpp"
#include "support/flatness.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr auto between_samples = 10s;
constexpr std::size_t messages_at_once = 1000;
constexpr std::size_t subjects = 5;
constexpr double kib = 1024;

// The host's journal is rewritten at a megabyte where most of it is about blocks that are done.
const std::vector<Figure> figures = {
    {"resident memory", "rss KiB", kib, 32 * kib},
    {"descriptors", "fds", 1, 0.1},
    {"threads", "threads", 1, 0},
    {"the journal's file", "journal KiB", kib, -1, 1.5 * kib *kib},
    {"the file of messages in flight", "in-fl. KiB", kib, 0},
};

double entries_of(const std::filesystem::path &folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<double>(std::distance(begin(entries), end(entries)));
}

double bytes_on_disk(const std::filesystem::path &file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? static_cast<double>(status.st_blocks) * 512 : 0;
}

class Steady {
public:
  Steady() {
    client_->make_stream("S", {"s.>"});
    client_->make_consumer("S", "C", {{"ack_wait", std::chrono::nanoseconds(60s).count()}, {"max_ack_pending", 50000}});
    host_.start_watched({"--max-age", "1s"});
  }

  // a_second: messages; 0: as many as the server takes.
  std::vector<Sample> run(std::chrono::seconds time, std::size_t a_second, std::chrono::seconds restart_every) {
    const auto begin = std::chrono::steady_clock::now();
    auto next_sample = begin + between_samples;
    auto next_restart = begin + restart_every;
    std::vector<Sample> samples;
    for (auto now = begin; now < begin + time; now = std::chrono::steady_clock::now()) {
      if (a_second == 0 || published_ < a_second * static_cast<std::size_t>((now - begin) / 1s + 1))
        publish();
      else
        pass(10ms);
      if (restart_every > 0s && now >= next_restart) {
        restart_server();
        next_restart += restart_every;
      }
      if (now < next_sample)
        continue;
      next_sample += between_samples;
      samples.push_back(measured(static_cast<unsigned>((now - begin) / between_samples)));
    }
    return samples;
  }

  // The exit status. Prints what it has captured.
  int stop() {
    std::printf("published=%zu captured=%.0f blocks=%.0f\n", published_, host_.metric("jetcapture_messages_total"),
                host_.metric("jetcapture_blocks_stored_total"));
    host_.program().signal(SIGTERM);
    return host_.program().wait(60s).value_or(-1);
  }

private:
  void publish() {
    client_->publish(messages_at_once, [&](std::size_t i) {
      return Message{"s." + std::to_string(i % subjects), "message " + std::to_string(published_ + i)};
    });
    published_ += messages_at_once;
  }
  void restart_server() {
    client_.reset();
    server_.stop();
    server_.start();
    client_ = std::make_unique<Client>(server_.url());
  }

  Sample measured(unsigned number) {
    host_.metrics(); // somebody looks at it all the time
    const std::filesystem::path process = "/proc/" + std::to_string(host_.program().pid());
    const std::filesystem::path state = host_.folder().path() / "state";
    std::ifstream statm(process / "statm");
    double size = 0;
    double resident = 0;
    statm >> size >> resident;
    return {.number = number,
            .usual = true,
            .figures = {resident * static_cast<double>(::sysconf(_SC_PAGESIZE)), entries_of(process / "fd"),
                        entries_of(process / "task"), bytes_on_disk(state / "journal"),
                        bytes_on_disk(state / "in-flight")}};
  }

  Server server_;
  std::unique_ptr<Client> client_ = std::make_unique<Client>(server_.url());
  WatchedHost host_{server_};
  std::size_t published_ = 0;
};

} // namespace

int main(int argc, char **argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  use_server_of(argc, argv);
  try {
    Steady steady;
    const std::vector<Sample> samples =
        steady.run(std::chrono::seconds(std::stol(argument(argc, argv, "--seconds", "600"))),
                   std::stoul(argument(argc, argv, "--messages-per-second", "0")),
                   std::chrono::seconds(std::stol(argument(argc, argv, "--restart-every", "0"))));
    std::printf("%s", table(figures, samples, "ten s").c_str());
    const int status = steady.stop();
    return tell_what_grows(figures, samples, "ten seconds") ? 1 : status;
  } catch (const std::exception &error) {
    std::printf("%s\n", error.what());
    return 2;
  }
}
