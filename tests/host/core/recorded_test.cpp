// What a capture records beside its blocks: what the consumer went past, and how stream and consumers are configured.
#include "host/core/capture_run.hpp"

#include "ledger/manifest.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

std::vector<Manifest> manifests(const World &world) {
  std::vector<Manifest> all;
  for (const auto &[name, bytes] : world.store.objects())
    if (name.starts_with(manifest_root))
      all.push_back(decode_manifest(bytes));
  return all;
}

std::vector<SequenceRun> skipped(const World &world) {
  std::vector<SequenceRun> runs;
  for (const Manifest &manifest : manifests(world))
    runs.insert(runs.end(), manifest.skipped.begin(), manifest.skipped.end());
  return runs;
}

using Runs = std::vector<SequenceRun>;

void store_one(World &world, CaptureRun &run) {
  world.publish({"k"});
  run.turn(16min);
  run.turn(16min);
  run.wait_for_stores();
  run.confirm();
}

struct Gaps {
  Gaps() {
    world.store_kind = FakeStore::Kind::complete;
    world.publish({"a", "a", "a", "a", "a"});
    world.server.remove(2);
    world.server.remove(3);
  }
  World world;
};

} // namespace

TEST_CASE("what a consumer went past without delivering it is recorded as skipped") {
  Gaps gaps;
  CaptureRun run(gaps.world);
  CHECK(run.end().failure.empty());
  CHECK(skipped(gaps.world) == Runs{{2, 3}});
}

TEST_CASE("what is between two messages may be elsewhere where another host got one in between, or one came again") {
  for (const bool is_redelivery : {false, true}) {
    CAPTURE(is_redelivery);
    World world;
    world.store_kind = FakeStore::Kind::complete;
    CaptureRun run(world);
    world.publish({"a"});
    run.turn();
    world.publish({"a", "a", "a", "a"});
    {
      const std::lock_guard lock(world.mutex);
      world.server.remove(2);
      world.server.remove(3);
      REQUIRE(world.server.deliver()->sequence == 4);
      if (is_redelivery)
        world.server.give_back(4);
    }
    run.turn();
    CHECK(run.end().failure.empty());
    CHECK(skipped(world) == Runs{});
  }
}

TEST_CASE(
    "how stream and consumers are configured stands in the first manifest of a run, and what changes in a later one") {
  World world;
  world.store_kind = FakeStore::Kind::complete;
  const ManifestConfiguration stream = {"stream", "S", R"({"max_age":0})"};
  const ManifestConfiguration edited = {"stream", "S", R"({"max_age":1})"};
  const ManifestConfiguration other = {"consumer", "other", "{}"};
  world.configurations = {stream};
  {
    CaptureRun run(world);
    run.configured({stream});
    run.configured({edited, other});
    run.configured({edited, other});
    store_one(world, run);
    CHECK(run.end().failure.empty());
  }
  const std::vector<Manifest> first = manifests(world);
  CHECK(first.front().configurations == std::vector<ManifestConfiguration>{stream});
  std::vector<ManifestConfiguration> changed;
  for (std::size_t i = 1; i < first.size(); i++)
    changed.insert(changed.end(), first[i].configurations.begin(), first[i].configurations.end());
  CHECK(changed == std::vector<ManifestConfiguration>{edited, other});
}

TEST_CASE("what stages keep stands in the first manifest of a run, and in those before which it changed") {
  World world;
  world.store_kind = FakeStore::Kind::complete;
  std::filesystem::create_directory(world.state.path() / "memory");
  const std::string file = world.state / "memory/writer-test";
  write_file(file, "a");
  CaptureRun run(world);
  store_one(world, run);
  write_file(file, "a b");
  store_one(world, run);
  CHECK(run.end().failure.empty());
  std::vector<std::string> kept;
  std::uint64_t last = 0;
  for (const Manifest &manifest : manifests(world)) {
    if (const auto memory = manifest.memory.find("writer-test"); memory != manifest.memory.end()) {
      kept.push_back(memory->second);
      last = manifest.number;
    }
    CHECK(manifest.memory_in == last);
  }
  CHECK(kept == std::vector<std::string>{"a", "a b"});
}
