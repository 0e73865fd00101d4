// Disks that are full: a small tmpfs, which takes the right to mount.
#include "capture/deliveries.hpp"
#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/mount.h>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

// A disk of so many bytes below a folder, as long as the object lives.
class SmallDisk {
public:
  SmallDisk(std::string folder, std::size_t bytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    const std::string size = "size=" + std::to_string(bytes);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0;
    if (!mounted_)
      MESSAGE("skipped: no disk can be mounted here (", std::strerror(errno), "), root may");
  }
  ~SmallDisk() {
    if (mounted_)
      ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk &) = delete;
  SmallDisk &operator=(const SmallDisk &) = delete;

  bool mounted() const { return mounted_; }
  // Leaves so many bytes free.
  void fill(std::size_t but) const {
    const auto space = std::filesystem::space(folder_);
    write_file(std::filesystem::path(folder_) / "filler", std::string(space.available - but, 'f'));
  }
  void empty() const { std::filesystem::remove(std::filesystem::path(folder_) / "filler"); }

private:
  std::string folder_;
  bool mounted_;
};

Message of_a_kilobyte(std::size_t i) {
  return {"s." + std::to_string(i % 5), std::to_string(i) + std::string(1000, 'x')};
}

} // namespace

TEST_CASE("a store on a full disk is tried again until there is room, leaves nothing half, and loses nothing") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  make_consumer_for(delivery, client, {{"ack_wait", 60 * second}, {"max_ack_pending", 100000}});
  Host host(server);
  SmallDisk disk(host.root(), 16 << 20);
  if (!disk.mounted())
    return;
  disk.fill(256 << 10);
  client.publish(5000, of_a_kilobyte);
  host.start(with_delivery(
      delivery, {"--max-age", "1s", "--max-messages", "500", "--retry-min", "50ms", "--retry-max", "200ms"}));
  REQUIRE(eventually(20s, [&] { return !host.lines_with("No space left").empty(); }));
  if (delivery == Delivery::shared)
    CHECK(client.consumer("S", "C")["ack_floor"]["stream_seq"] < 5000);
  disk.empty();
  REQUIRE_MESSAGE(eventually(40s, [&] { return has_stored(delivery, client, host, 5000); }), host.output());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 5000));
}

TEST_CASE("a spool on a full disk pauses pulling, says so, and goes on by itself") {
  const Delivery delivery = each_delivery();
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  make_consumer_for(delivery, client, {{"ack_wait", 600 * second}, {"max_ack_pending", 200000}});
  client.publish(60000, of_a_kilobyte);
  Host host(server);
  const std::string spool = host.folder() / "spool";
  SmallDisk disk(spool, 1 << 20);
  if (!disk.mounted())
    return;
  REQUIRE(host.run(with_delivery(delivery,
                                 {"--once", "--max-age", "4m", "--memory-limit", "1MiB", "--spool-dir", spool})) == 0);
  CHECK(each_once(host.sequences(), 60000));
  CHECK_MESSAGE(!host.lines_with("No space left").empty(), host.output());
}

TEST_CASE("a journal on a full disk keeps blocks from being stored, and acks, until there is room") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C", {{"ack_wait", 60 * second}, {"max_ack_pending", 100000}});
  WatchedHost host(server);
  host.state_dir = host.folder() / "small";
  SmallDisk disk(host.state_dir, 1 << 20);
  if (!disk.mounted())
    return;
  host.start_watched({"--max-age", "1s", "--max-messages", "500", "--retry-min", "50ms", "--retry-max", "200ms"});
  REQUIRE(eventually(20s, [&] { return host.lines_with("msg=capturing").size() == 1; }));
  REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_waiting"] >= 1; }));
  disk.fill(0);
  // A page that is begun has room for a few blocks, not for two hundred.
  constexpr std::size_t keys = 200;
  client.publish(2000, [](std::size_t i) { return Message{"s." + std::to_string(i % keys), std::to_string(i)}; });
  REQUIRE_MESSAGE(eventually(20s, [&] { return !host.lines_with("No space left").empty(); }), host.output());
  CHECK(host.files().size() < keys);
  CHECK(client.consumer("S", "C")["num_ack_pending"] > 0);
  // It is told by its name, and not as a failure of the store.
  CHECK(eventually(10s, [&] { return host.metric("jetcapture_journal_failing") == 1; }));
  CHECK(host.metric("jetcapture_store_failing") == 0);
  CHECK_MESSAGE(eventually(10s,
                           [&] {
                             const nlohmann::json reasons = host.ready()["reasons"];
                             return reasons.size() == 1 &&
                                    reasons[0].dump().find("nothing is stored or acked until it can") !=
                                        std::string::npos;
                           }),
                host.ready().dump());
  disk.empty();
  REQUIRE_MESSAGE(eventually(40s, [&] { return client.consumer("S", "C")["ack_floor"]["stream_seq"] == 2000; }),
                  host.output());
  CHECK(host.metric("jetcapture_journal_failing") == 0);
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 2000));
}

TEST_CASE("a state directory on a full disk keeps ordered delivery from beginning, and not from going on") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  WatchedHost host(server);
  host.state_dir = host.folder() / "small";
  SmallDisk disk(host.state_dir, 1 << 20);
  if (!disk.mounted())
    return;
  const std::vector<std::string> flags = with_delivery(Delivery::ordered, {"--max-age", "1s"});
  host.start_watched(flags);
  REQUIRE(eventually(20s, [&] { return host.lines_with("msg=capturing").size() == 1; }));
  disk.fill(0);
  client.publish(2000, of_a_kilobyte);
  REQUIRE_MESSAGE(eventually(40s, [&] { return host.sequences().size() == 2000; }), host.output());
  CHECK(eventually(20s, [&] { return host.ready_status() == 200; }));
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(host.run(flags) == 2);
  CHECK_MESSAGE(!host.lines_with("give another --state-dir").empty(), host.output());
  disk.empty();
  std::vector<std::string> once = flags;
  once.push_back("--once");
  CHECK_MESSAGE(host.run(once) == 0, host.output());
  CHECK(each_once(host.sequences(), 2000));
}
