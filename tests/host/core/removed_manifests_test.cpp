// Manifests that somebody removes from the store, together with the objects that they list: the host remembers them.
#include "host/core/capture_run.hpp"

#include "ledger/manifest.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <set>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// A run that stores three blocks, each with a manifest of its own.
void capture_three_blocks(World &world) {
  CaptureRun run(world);
  for (const char *key : {"a", "b", "c"}) {
    world.publish({key});
    run.turn(16min);
    run.turn(16min);
    run.wait_for_stores();
    run.confirm();
  }
  CHECK(run.end().failure.empty());
}

std::set<std::uint64_t> numbers(const World &world) {
  std::set<std::uint64_t> numbers;
  for (const auto &[name, bytes] : world.store.objects())
    if (name.starts_with(manifest_root))
      numbers.insert(number_in(name));
  return numbers;
}

// Manifests of those numbers, and the objects that they list.
void remove(World &world, const std::function<bool(std::uint64_t number)> &is_removed) {
  for (const auto &[name, bytes] : world.store.objects()) {
    if (!name.starts_with(manifest_root) || !is_removed(number_in(name)))
      continue;
    for (const BlockLine &line : decode_manifest(bytes).lines)
      world.store.remove(line.name);
    world.store.remove(name);
  }
}

Settings accepting() {
  Settings settings = CaptureRun::settings();
  settings.accept_missing_manifests = true;
  return settings;
}

struct Removed {
  Removed() {
    world.store_kind = FakeStore::Kind::complete;
    capture_three_blocks(world);
    before = numbers(world);
    last = *before.rbegin();
    REQUIRE(last >= 4);
  }
  std::string refusal() {
    CaptureRun run(world);
    const CaptureEnd end = run.end();
    CHECK(end.refused);
    return end.failure;
  }
  World world;
  std::set<std::uint64_t> before;
  std::uint64_t last = 0;
};

} // namespace

TEST_CASE("a host whose newest manifests were removed names them and does not begin") {
  Removed removed;
  remove(removed.world, [&](std::uint64_t number) { return number > removed.last - 2; });
  const std::string refusal = removed.refusal();
  CHECK_MESSAGE(refusal.find("manifests " + std::to_string(removed.last - 1) + " to " + std::to_string(removed.last)) !=
                    std::string::npos,
                refusal);
  CHECK_MESSAGE(refusal.find("--accept-missing-manifests") != std::string::npos, refusal);
  CHECK(numbers(removed.world).size() == removed.before.size() - 2);
}

TEST_CASE("a host whose whole chain was removed names it and does not begin") {
  Removed removed;
  remove(removed.world, [](std::uint64_t) { return true; });
  const std::string refusal = removed.refusal();
  CHECK_MESSAGE(refusal.find("manifests 1 to " + std::to_string(removed.last)) != std::string::npos, refusal);
}

TEST_CASE("a host whose last manifest was replaced by another one does not begin") {
  Removed removed;
  std::map<std::string, std::string> objects = removed.world.store.objects();
  const ChainName chain = {"S", "S", "first"};
  objects[name_of(chain, removed.last)] = objects[name_of(chain, 1)];
  removed.world.store.set_objects(objects);
  const std::string refusal = removed.refusal();
  CHECK_MESSAGE(refusal.find("manifest " + std::to_string(removed.last) + " ") != std::string::npos, refusal);
}

TEST_CASE("told that manifests were removed on purpose, a host goes on behind their numbers") {
  for (const bool all : {false, true}) {
    CAPTURE(all);
    Removed removed;
    remove(removed.world, [&](std::uint64_t number) { return all || number > removed.last - 2; });
    {
      CaptureRun run(removed.world, accepting());
      removed.world.publish({"d"});
      run.turn(16min);
      run.turn(16min);
      run.wait_for_stores();
      run.confirm();
      CHECK(run.end().failure.empty());
    }
    const std::set<std::uint64_t> after = numbers(removed.world);
    CHECK_FALSE(after.contains(removed.last - 1));
    CHECK_FALSE(after.contains(removed.last));
    CHECK(after.contains(removed.last + 1));
    CHECK(removed.world.server.all_acked());
    // The flag is not needed any more.
    CaptureRun next(removed.world);
    CHECK(next.end().failure.empty());
  }
}

TEST_CASE("a chain whose first manifests were removed lets its host go on") {
  Removed removed;
  remove(removed.world, [](std::uint64_t number) { return number <= 2; });
  CaptureRun run(removed.world);
  CHECK(run.end().failure.empty());
  CHECK(numbers(removed.world).contains(removed.last + 1));
}

TEST_CASE("a host that lost its state directory is another host and begins a chain of its own") {
  Removed removed;
  remove(removed.world, [](std::uint64_t) { return true; });
  removed.world.lose_state("second");
  CaptureRun run(removed.world);
  CHECK(run.end().failure.empty());
}

TEST_CASE("a damaged note of the last manifest refuses nothing") {
  Removed removed;
  write_file(removed.world.state / "last-manifest", "{\"name\":");
  CaptureRun run(removed.world);
  CHECK(run.end().failure.empty());
  CHECK(numbers(removed.world).contains(removed.last + 1));
}
