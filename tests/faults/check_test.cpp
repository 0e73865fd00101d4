// --check where a run could not write.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>

#include <sys/mount.h>

using namespace jetcapture::test;

namespace {

// A disk without room, as long as the object lives; it takes the right to mount.
class FullDisk {
public:
  explicit FullDisk(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=65536") == 0;
    if (!mounted_)
      MESSAGE("skipped: no disk can be mounted here (", std::strerror(errno), "), root may");
    else
      write_file(folder_ / "filler", std::string(65536, 'f'));
  }
  ~FullDisk() {
    if (mounted_)
      ::umount2(folder_.c_str(), MNT_DETACH);
  }
  FullDisk(const FullDisk &) = delete;
  FullDisk &operator=(const FullDisk &) = delete;
  bool mounted() const { return mounted_; }

private:
  std::filesystem::path folder_;
  bool mounted_;
};

struct Scene {
  Server server;
  Client client{server.url()};
  Host host{server};
  Scene() {
    client.make_stream("S", {"s.>"});
    client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}});
  }
  std::size_t entries() const {
    std::size_t count = 0;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(host.folder().path()))
      count += entry.path().extension() != ".log" ? 1 : 0;
    return count;
  }
};

} // namespace

TEST_CASE("--check makes nothing: no root, no state folder, no spool, and a typo leaves no folders") {
  Scene scene;
  REQUIRE(scene.host.run({"--check", "--spool-dir", scene.host.folder() / "spool/of/this"}) == 0);
  CHECK(scene.entries() == 0);
  // Nor where a run has been before.
  REQUIRE(scene.host.run({"--once"}) == 0);
  const std::size_t before = scene.entries();
  REQUIRE(scene.host.run({"--check"}) == 0);
  CHECK(scene.entries() == before);
}

TEST_CASE(
    "--check tries whether the store puts without replacing, says who decides what was stored, and leaves nothing") {
  Scene scene;
  REQUIRE(scene.host.run({"--check"}) == 0);
  CHECK_MESSAGE(scene.host.lines_with("it could not be tried whether the store puts without replacing").size() == 1,
                scene.host.output());
  std::filesystem::create_directory(scene.host.root());
  const std::size_t before = scene.entries();
  REQUIRE(scene.host.run({"--check"}) == 0);
  CHECK_MESSAGE(scene.host.lines_with("the manifests in it decide what was stored").size() == 1, scene.host.output());
  CHECK(scene.entries() == before);
  REQUIRE(scene.host.run({"--check", "--no-ledger"}) == 0);
  CHECK(scene.host.lines_with("what was stored").empty());
}

TEST_CASE("--check finds that root, state folder or spool can't be made, or have no room") {
  Scene scene;
  const FullDisk disk(scene.host.folder() / "disk");
  if (!disk.mounted())
    return;
  const std::string full = scene.host.folder() / "disk";
  const auto refused = [&](const std::vector<std::string> &flags, const std::string &says) {
    std::vector<std::string> all = {"--check"};
    all.insert(all.end(), flags.begin(), flags.end());
    CHECK_MESSAGE(scene.host.run(all) == 2, scene.host.output());
    CHECK_MESSAGE(scene.host.lines_with(says).size() == 1, scene.host.output());
  };
  for (const std::string &below : {full, full + "/new/folder"}) {
    refused({"--store-opt", "root=" + below}, "No space left on device");
    scene.host.state_dir = below;
    refused({}, "the state folder " + below + " can't be written");
    scene.host.state_dir.clear();
    refused({"--spool-dir", below}, "the spool folder " + below + " can't be written");
  }
  refused({"--store-opt", "root=/proc/nothing"}, "/proc");
  scene.host.state_dir = "/proc/nothing";
  refused({}, "the state folder /proc/nothing can't be written");
  scene.host.state_dir.clear();
  write_file(scene.host.folder() / "file", "");
  refused({"--store-opt", "root=" + (scene.host.folder() / "file/below")}, "file");
}

TEST_CASE("a run whose state folder has no room says so at the start") {
  Scene scene;
  const FullDisk disk(scene.host.folder() / "disk");
  if (!disk.mounted())
    return;
  scene.host.state_dir = scene.host.folder() / "disk";
  CHECK(scene.host.run({"--once", "--spool-dir", scene.host.folder() / "spool"}) == 2);
  CHECK_MESSAGE(scene.host.lines_with("can't be written (No space left on device)").size() == 1, scene.host.output());
}
