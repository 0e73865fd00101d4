// Blocks above the memory limit, which reach the disk in files of their own and become objects there.
#include "capture/deliveries.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::size_t count = 1200;
constexpr std::size_t message_bytes = 32 << 10;

// Two blocks of some twenty megabytes are open at once, and memory is for a tenth of that.
struct LargeBlocks {
  Server server;
  Client client{server.url()};
  Host host{server};

  explicit LargeBlocks(std::int64_t ack_wait = 7200 * second) {
    client.make_stream("S", {"s.>"});
    client.make_consumer("S", "C", {{"ack_wait", ack_wait}, {"max_ack_pending", 100000}});
    client.publish(count, [](std::size_t i) {
      return Message{"s." + std::to_string(i % 2), std::string(message_bytes, static_cast<char>('a' + i % 26))};
    });
  }
  static std::vector<std::string> flags(std::vector<std::string> more = {}, const std::string &max_age = "30m") {
    more.insert(more.end(), {"--max-age", max_age, "--max-messages", "200", "--memory-limit", "2MiB"});
    return more;
  }
  std::uint64_t stored_bytes() const {
    std::uint64_t bytes = 0;
    for (const std::string &file : host.files())
      bytes += std::filesystem::file_size(std::filesystem::path(host.root()) / file);
    return bytes;
  }
  bool leaves_nothing_unfinished() const {
    for (const std::string &file : files_below(host.root()))
      if (file.starts_with(".jetcapture-unfinished"))
        return false;
    return true;
  }
};

// Of a process, as the kernel counts them: handed to write() and its like, and to be written to a disk.
struct Written {
  explicit Written(pid_t process) {
    std::ifstream lines("/proc/" + std::to_string(process) + "/io");
    std::string name;
    for (std::uint64_t value = 0; lines >> name >> value;)
      (name == "wchar:" ? by_calls : name == "write_bytes:" ? to_disk : other) = value;
  }
  std::uint64_t by_calls = 0;
  std::uint64_t to_disk = 0;
  std::uint64_t other = 0;
};

} // namespace

TEST_CASE("each byte of a large block is written once") {
  LargeBlocks large;
  large.host.start(LargeBlocks::flags());
  REQUIRE(eventually(60s, [&] { return has_stored(Delivery::shared, large.client, large.host, count); }));
  const Written written(large.host.program().pid());
  large.host.program().signal(SIGTERM);
  CHECK(large.host.program().wait(20s) == 0);
  CHECK(each_once(large.host.sequences(), count));
  const std::uint64_t stored = large.stored_bytes();
  CHECK(stored > count * message_bytes);
  CHECK(written.by_calls >= stored);
  CHECK(written.by_calls < stored + stored / 5);
  CHECK(written.to_disk < stored + stored / 5);
}

TEST_CASE("a host that is killed while it stores large blocks has each message once after its next start") {
  for (const char *point :
       {"after-manifest:1", "after-intent:2", "after-store:1", "after-store:3", "during-acks:300"}) {
    SUBCASE(point) {
      LargeBlocks large(4 * second);
      const std::vector<std::string> flags = LargeBlocks::flags({"--once"}, "2s");
      large.host.binary = JETCAPTURE_FAULTS_BINARY;
      large.host.environment["JETCAPTURE_FAULT_POINT"] = point;
      CHECK_MESSAGE(large.host.run(flags) == 128 + SIGKILL, large.host.output());
      large.host.environment["JETCAPTURE_FAULT_POINT"] = "";
      REQUIRE(large.host.run(flags) == 0);
      CHECK(each_once(large.host.sequences(), count));
      CHECK(large.leaves_nothing_unfinished());
      CHECK(files_below(large.host.folder().path() / "state" / "spool").empty());
    }
  }
}

TEST_CASE("large blocks whose puts fail are stored once the store works again") {
  LargeBlocks large;
  write_file(large.host.root() + "/s.1", "a file where the folder should be");
  large.host.start(LargeBlocks::flags({"--retry-min", "50ms", "--retry-max", "200ms"}));
  REQUIRE(eventually(60s, [&] { return large.host.lines_with("block stored").size() == 3; }));
  CHECK(large.host.lines_with("someone has to act").size() == 1);
  std::filesystem::remove(large.host.root() + "/s.1");
  REQUIRE(eventually(60s, [&] { return has_stored(Delivery::shared, large.client, large.host, count); }));
  large.host.program().signal(SIGTERM);
  CHECK(large.host.program().wait(20s) == 0);
  CHECK(each_once(large.host.sequences(), count));
  CHECK(large.leaves_nothing_unfinished());
}

TEST_CASE("large blocks of a spool on another file system are stored whole") {
  LargeBlocks large;
  struct stat here {};
  struct stat there {};
  REQUIRE(::stat(large.host.folder().path().c_str(), &here) == 0);
  if (::stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) {
    MESSAGE("NOT TESTED: this machine has no other file system at /dev/shm");
    return;
  }
  const FoldersInMemory in_memory;
  const Folder spool;
  REQUIRE(large.host.run(LargeBlocks::flags({"--once", "--spool-dir", spool / "spool"})) == 0);
  CHECK(each_once(large.host.sequences(), count));
  CHECK(large.leaves_nothing_unfinished());
  CHECK(files_below(spool.path()).empty());
}
