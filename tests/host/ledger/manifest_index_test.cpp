#include "host/core/fake_stages.hpp"
#include "ledger/earlier_lines.hpp"
#include "ledger/manifest_index.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

const ChainName name = {"S", "C", "host"};
const std::string chain_folder = "_manifest/S/C/host/";

// A chain of 100 manifests of one message each, and an index of the first 60.
struct IndexedChain {
  static constexpr std::uint64_t count = 100;
  static constexpr IndexRange range = {1, 60};
  FakeStore store;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  std::atomic<bool> cancelled = false;
  const Store stage{
      FakeStore::description(FakeStore::Kind::complete), StageKind::store, store.options(), "", log, cancelled};
  std::map<std::string, std::string> objects;
  std::string index;

  Chain chain() const { return {stage, name, "run", 1min}; }

  IndexedChain() {
    Chain written = chain();
    for (std::uint64_t number = 1; number <= count; number++) {
      Manifest manifest;
      BlockLine line;
      line.name = "object " + std::to_string(number);
      line.own = {number};
      line.first_sequence = line.last_sequence = number;
      manifest.lines.push_back(line);
      manifest.first_sequence = manifest.last_sequence = manifest.highest_sequence = number;
      manifest.unsettled_from = 1;
      written.put(written.prepare(manifest));
    }
    objects = store.objects();
    for (std::uint64_t number = range.first; number <= range.last; number++)
      index += objects.at(name_of(name, number));
  }

  // How many lines a run finds that knows nothing.
  std::size_t lines(const std::string &of_index, bool manifests_are_there) {
    std::map<std::string, std::string> there = objects;
    there[index_name_of(chain_folder, range)] = of_index;
    for (std::uint64_t number = range.first; number <= range.last && !manifests_are_there; number++)
      there.erase(name_of(name, number));
    FakeStore other;
    other.set_objects(std::move(there));
    const Store other_stage{
        FakeStore::description(FakeStore::Kind::complete), StageKind::store, other.options(), "", log, cancelled};
    Chain reading(other_stage, name, "run", 1min);
    const ChainEnd end = end_of_chain(reading, log);
    CHECK(end.number == count);
    ChainReader reader(reading, end, true);
    CHECK(reader.is_still_the_end());
    return reader.read_back(0, log).size();
  }
};

} // namespace

TEST_CASE("the name of an index has its chain and the numbers of its manifests") {
  CHECK(index_name_of(chain_folder, {1, 14'312}) == "_manifest/S/C/host/index/000000000001-000000014312.index.zst");
  const auto range_in = [](const std::string &end) { return index_range_in(chain_folder, chain_folder + end); };
  CHECK(range_in("index/000000000007-000000000008.index.zst") == IndexRange{7, 8});
  for (const char *other :
       {"index/000000000008-000000000007.index.zst", "index/7-8.index.zst", "index/000000000000-000000000008.index.zst",
        "index/000000000007-000000000008.manifest.zst", "000000000007-000000000008.index.zst",
        "index/000000000007-000000000008x.index.zst", "index/-00000000007-000000000008.index.zst"})
    CHECK_MESSAGE(range_in(other) == IndexRange{}, other);
  CHECK(index_range_in("_manifest/S/C/other/", index_name_of(chain_folder, {7, 8})) == IndexRange{});
}

TEST_CASE("indexes are read from the first manifest on, without a hole, and the longest of those that begin alike") {
  using Ranges = std::vector<IndexRange>;
  CHECK(indexes_from_the_first({{101, 200}, {1, 100}}) == Ranges{{1, 100}, {101, 200}});
  CHECK(indexes_from_the_first({{1, 100}, {1, 120}, {101, 200}, {121, 130}}) == Ranges{{1, 120}, {121, 130}});
  CHECK(indexes_from_the_first({{1, 100}, {102, 200}}) == Ranges{{1, 100}});
  CHECK(indexes_from_the_first({{2, 100}}).empty());
}

TEST_CASE("a run that has far to read back reads an index in the place of its manifests") {
  IndexedChain indexed;
  CHECK(indexed.lines(indexed.index, false) == 100);
}

TEST_CASE("a run that meets an index that is damaged or wrong reads the manifests in its place") {
  IndexedChain indexed;
  std::string changed = indexed.index;
  changed[changed.size() / 2] ^= 1;
  const std::string first = indexed.objects.at(name_of(name, 1));
  std::string lying = indexed.index;
  lying.replace(0, first.size(), indexed.objects.at(name_of(name, 99)));
  for (const std::string &index :
       {std::string(), std::string("garbage"), indexed.index.substr(1), changed, lying, indexed.index + first,
        indexed.index.substr(first.size()), indexed.index.substr(0, indexed.index.size() - 1)})
    CHECK(indexed.lines(index, true) == 100);
}

TEST_CASE("a lying index adds nothing where the manifests are gone") {
  IndexedChain indexed;
  std::string lying;
  for (int i = 0; i < 60; i++)
    lying += indexed.objects.at(name_of(name, 99));
  CHECK(indexed.lines(lying, false) == 40);
}
