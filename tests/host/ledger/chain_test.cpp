#include "blocks/sha256.hpp"
#include "host/core/fake_stages.hpp"
#include "ledger/earlier_lines.hpp"
#include "ledger/kept_memory.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

const ChainName name = {"S", "C", "host"};

struct Chains {
  FakeStore store;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::atomic<bool> cancelled = false;
  const Store stage{
      FakeStore::description(FakeStore::Kind::complete), StageKind::store, store.options(), "", log, cancelled};

  Chain chain(const std::string &run = "run") const { return {stage, name, run, 1min}; }
  // So many manifests of one line each, whose messages have the number of the manifest.
  Chain written(std::uint64_t manifests) const {
    Chain chain = this->chain();
    for (std::uint64_t number = 1; number <= manifests; number++)
      put(chain, number);
    return chain;
  }
  static Chain::Put put(Chain &chain, std::uint64_t sequence, std::vector<LineRun> done = {},
                        std::vector<LineRun> voided = {}) {
    Manifest manifest;
    BlockLine line;
    line.name = "object " + std::to_string(sequence);
    line.own = {sequence};
    line.first_sequence = line.last_sequence = sequence;
    manifest.lines.push_back(line);
    manifest.first_sequence = manifest.last_sequence = manifest.highest_sequence = sequence;
    manifest.unsettled_from = 1;
    manifest.done = std::move(done);
    manifest.voided = std::move(voided);
    return chain.put(chain.prepare(manifest));
  }
};

} // namespace

TEST_CASE("the last manifest of a chain is found, however many there are, and some dozens of requests are enough") {
  for (const std::uint64_t count : {0u, 1u, 2u, 3u, 9u, 64u, 100u, 257u}) {
    CAPTURE(count);
    Chains chains;
    chains.written(count);
    CHECK(chains.chain().find_last() == count);
  }
}

TEST_CASE("the last manifest is found where some before it are missing") {
  Chains chains;
  chains.written(50);
  auto objects = chains.store.objects();
  for (const std::uint64_t missing : {1u, 2u, 16u, 17u, 18u, 33u, 49u})
    objects.erase(name_of(name, missing));
  Chains damaged;
  damaged.store.set_objects(objects);
  CHECK(damaged.chain().find_last() == 50);
  CHECK_FALSE(damaged.chain().read(17));
  CHECK(damaged.chain().read(19));
}

TEST_CASE("of two runs that put the same number the second is overtaken, and the first one's manifest stays") {
  Chains chains;
  Chain first = chains.chain("first");
  Chain second = chains.chain("second");
  CHECK(Chains::put(first, 1) == Chain::Put::written);
  CHECK(Chains::put(second, 2) == Chain::Put::overtaken);
  CHECK(decode_manifest(*chains.chain().read(1)).run == "first");
}

TEST_CASE("a manifest whose answer was lost is known as its own by its bytes") {
  Chains chains;
  Chain chain = chains.chain();
  Manifest manifest;
  const std::string bytes = chain.prepare(manifest);
  chains.store.lose_next_answer();
  CHECK_THROWS_AS(chain.put(bytes), StoreFailure);
  CHECK(chain.put(bytes) == Chain::Put::written);
  CHECK(chain.next() == 2);
  CHECK(chains.store.objects().size() == 1);
}

TEST_CASE("each manifest has the hash of the one before it, also where that was put twice to prove the fence") {
  for (const bool replaces : {false, true}) {
    CAPTURE(replaces);
    Chains chains;
    if (replaces)
      chains.store.replace_always();
    Chain chain = chains.chain();
    Manifest start;
    REQUIRE(chain.put(chain.prepare(start)) == Chain::Put::written);
    start.written = 7;
    CHECK(chain.prove_fence(encode(start)) == !replaces);
    Chains::put(chain, 5);
    const std::string first = *chain.read(1);
    const Manifest second = decode_manifest(*chain.read(2));
    Chain reader = chains.chain();
    reader.go_on_from(2, sha256_of(first));
    Manifest next;
    static_cast<void>(reader.prepare(next));
    CHECK(second.previous == next.previous);
    // Where the store replaces, the run stands in the name.
    CHECK(chains.store.objects().contains(name_of(name, 2)) == !replaces);
    CHECK(chains.chain().find_last() == 2);
  }
}

TEST_CASE("a chain is read back to the floor, without what is void, and lines that are acked and done are left out") {
  Chains chains;
  Chain chain = chains.written(4);
  Chains::put(chain, 5, {{1, 0, 0}, {3, 0, 0}, {4, 0, 0}}, {{2, 0, 0}});
  const ChainEnd end = end_of_chain(chain, chains.log);
  CHECK(end.number == 5);
  std::string read;
  for (const EarlierLine &line : ChainReader(chain, end, true).read_back(3, chains.log))
    read += std::to_string(line.manifest) + (line.done ? " done, " : " pending, ");
  CHECK(read == "4 done, 5 pending, ");
}

TEST_CASE("what may not be settled is read back too where it is asked for, also at and before the floor") {
  Chains chains;
  Chain chain = chains.written(4);
  Chains::put(chain, 5, {{1, 0, 0}, {3, 0, 0}, {4, 0, 0}}, {{2, 0, 0}});
  ChainEnd end = end_of_chain(chain, chains.log);
  end.header.unsettled_from = 3;
  std::string read;
  for (const EarlierLine &line : ChainReader(chain, end, true, true).read_back(5, chains.log))
    read += std::to_string(line.manifest) + (line.done ? " done, " : " pending, ");
  CHECK(read == "3 done, 4 done, 5 pending, ");
}

TEST_CASE("hosts that have a chain are found, and no others") {
  Chains chains;
  for (const char *host : {"a", "b-1", "b"}) {
    Chain chain(chains.stage, {"S", "C", host}, "run", 1min);
    Chains::put(chain, 1);
  }
  Chain other(chains.stage, {"S", "D", "x"}, "run", 1min);
  Chains::put(other, 1);
  std::string hosts;
  for (const ChainName &chain : chains_of(chains.stage, "S", "C"))
    hosts += chain.host + " ";
  CHECK(hosts == "a b-1 b ");
}

TEST_CASE("a host without its state directory gets back what stages kept, from the newest manifest that has it") {
  Chains chains;
  const auto put = [](Chain &chain, const std::string &kept, std::int64_t written, std::uint64_t memory_in) {
    Manifest manifest;
    manifest.written = written;
    manifest.memory_in = memory_in;
    if (!kept.empty())
      manifest.memory = {{"writer-parquet", kept}, {"../outside", "x"}};
    CHECK(chain.put(chain.prepare(manifest)) == Chain::Put::written);
  };
  Chain older = chains.chain();
  put(older, "older", 1, 1);
  put(older, "", 5, 1);
  Chain newer(chains.stage, {"S", "C", "other"}, "run", 1min);
  put(newer, "old", 2, 1);
  put(newer, "newest", 3, 2);
  put(newer, "", 4, 2);
  const Folder state;
  restore_memory(chains.stage, "S", "C", state.path() / "memory", chains.log);
  CHECK(read_memory(state.path() / "memory") == KeptMemory{{"writer-parquet", "newest"}});
  CHECK(files_below(state.path()).size() == 1);
  restore_memory(chains.stage, "S", "none", state.path() / "none", chains.log);
  CHECK(read_memory(state.path() / "none").empty());
}
