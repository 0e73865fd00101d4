#include "audit/chain_walk.hpp"
#include "audit/compaction.hpp"
#include "host/audit/audited.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

constexpr std::int64_t day = 86'400'000'000'000;
constexpr std::uint64_t a_day = 300; // manifests

// Three days of a host that lists a message in each manifest, and declares the one before it done. Today is the third.
struct ThreeDays : AuditedStore {
  BackupChain writer = chain();

  ThreeDays() {
    for (std::uint64_t i = 0; i < 3 * a_day; i++)
      write(static_cast<std::int64_t>(i / a_day));
  }
  void write(std::int64_t on_day) {
    writer.header.written = on_day * day;
    const BlockLine line = writer.block("eu", {writer.header.number + 1});
    store.objects[line.name] = BackupChain::bytes_of(line);
    Manifest manifest = manifest_of({line});
    if (writer.header.number > 0)
      manifest.done = {{writer.header.number, 0, 0}};
    writer.write(std::move(manifest));
  }
  std::string name_of_manifest(std::uint64_t number) const { return name_of(writer.header.chain, number); }

  CompactionOptions options() {
    CompactionOptions options;
    options.now = 2 * day;
    options.threads = 2;
    options.put = [this](const std::string &name, const std::string &bytes) -> StoreAnswer {
      if (!store.objects.emplace(name, bytes).second)
        return {JETCAPTURE_EXISTS, "it is there"};
      return {};
    };
    return options;
  }
  struct Compacted : Compaction {
    Findings findings;
  };
  Compacted compact() { return compact(options()); }
  Compacted compact(const CompactionOptions &with) {
    Compacted result;
    const FoundChains found = find_chains(reader, {}, Listed::by_indexes, result.findings, [](std::uint64_t) {});
    static_cast<Compaction &>(result) = jetcapture::host::compact(reader, found.chains, with, result.findings);
    return result;
  }

  std::vector<std::string> indexes() const {
    std::vector<std::string> names;
    for (const auto &[name, bytes] : store.objects)
      if (name.ends_with(index_suffix))
        names.push_back(name.substr(name.rfind('/') + 1));
    return names;
  }

  struct Reading {
    std::uint64_t manifests = 0;
    std::uint64_t messages = 0;
    std::uint64_t done = 0; // declared so
    std::uint64_t gets = 0;
    Findings findings;
  };
  // As ls does.
  Reading read() {
    Reading reading;
    const std::uint64_t before = store.gets;
    const FoundChains found = find_chains(reader, {}, Listed::by_indexes, reading.findings, [](std::uint64_t) {});
    WalkOptions options;
    options.through_indexes = true;
    options.threads = 4;
    for (const ListedChain &one : found.chains)
      walk(reader, one, options, reading.findings, [&](const WalkedManifest &walked) {
        reading.manifests++;
        reading.messages += walked.messages.at(0);
        reading.done += walked.declared.at(0) == Declared::done ? 1 : 0;
      });
    reading.gets = store.gets - before;
    return reading;
  }
};

const std::string first_index = "000000000001-000000000300.index.zst";
const std::string second_index = "000000000301-000000000600.index.zst";
const std::string folder = "_manifest/ORDERS/backup/3f9a/index/";

bool is_complete(const ThreeDays::Reading &reading) {
  return reading.manifests == 3 * a_day && reading.messages == 3 * a_day && reading.done == 3 * a_day - 1;
}

} // namespace

TEST_CASE("each day that is over has an index, and today's manifests are in none") {
  ThreeDays backup;
  const ThreeDays::Compacted compaction = backup.compact();
  CHECK(compaction.findings.kept().empty());
  CHECK(compaction.indexes == 2);
  CHECK(compaction.manifests == 600);
  CHECK(compaction.in_none == 300);
  CHECK(backup.indexes() == std::vector<std::string>{first_index, second_index});
  CHECK(backup.compact().indexes == 0);
  CHECK(backup.indexes().size() == 2);
}

TEST_CASE("days with few manifests share an index") {
  AuditedStore audited;
  BackupChain writer = audited.chain();
  for (int i = 0; i < 500; i++) {
    writer.header.written = i / 40 * day;
    writer.write({});
  }
  std::vector<std::string> names;
  CompactionOptions options;
  options.now = 100 * day;
  options.put = [&](const std::string &name, const std::string &) -> StoreAnswer {
    names.push_back(name.substr(folder.size()));
    return {};
  };
  Findings findings;
  const FoundChains found = find_chains(audited.reader, {}, Listed::all, findings, [](std::uint64_t) {});
  const Compaction compaction = compact(audited.reader, found.chains, options, findings);
  CHECK(names == std::vector<std::string>{"000000000001-000000000120.index.zst", "000000000121-000000000240.index.zst",
                                          "000000000241-000000000360.index.zst",
                                          "000000000361-000000000480.index.zst"});
  CHECK(compaction.in_none == 20);
}

TEST_CASE("what indexes have is read from there, with a few requests, and is the same") {
  ThreeDays backup;
  const ThreeDays::Reading before = backup.read();
  CHECK(is_complete(before));
  CHECK(before.gets == 900);
  backup.compact();
  const ThreeDays::Reading after = backup.read();
  CHECK(is_complete(after));
  CHECK(after.findings.kept().empty());
  CHECK(after.gets == 302);
}

TEST_CASE("an index that is cut off, changed or wrong is told, and the manifests are read in its place") {
  const auto damages = std::vector<std::function<void(ThreeDays &, std::string &)>>{
      [](ThreeDays &, std::string &bytes) { bytes.clear(); },
      [](ThreeDays &, std::string &bytes) { bytes = "garbage"; },
      [](ThreeDays &, std::string &bytes) { bytes.pop_back(); },
      [](ThreeDays &, std::string &bytes) { bytes[bytes.size() / 2] ^= 1; },
      [](ThreeDays &, std::string &bytes) { bytes += bytes; },
      // One manifest less.
      [](ThreeDays &backup, std::string &bytes) {
        bytes.resize(bytes.size() - backup.store.objects[backup.name_of_manifest(300)].size());
      },
      // Whole manifests, but not these.
      [](ThreeDays &backup, std::string &bytes) { bytes = backup.store.objects[folder + second_index]; },
      // One that says something else.
      [](ThreeDays &backup, std::string &bytes) {
        const std::string manifest = backup.store.objects[backup.name_of_manifest(150)];
        Manifest lie = decode_manifest(manifest);
        lie.lines.clear();
        bytes.replace(bytes.find(manifest), manifest.size(), encode(lie));
      }};
  for (std::size_t i = 0; i < damages.size(); i++) {
    CAPTURE(i);
    ThreeDays backup;
    backup.compact();
    damages[i](backup, backup.store.objects[folder + first_index]);
    const ThreeDays::Reading reading = backup.read();
    CHECK(is_complete(reading));
    CHECK(only(reading.findings, "index_damaged").name == folder + first_index);
    CHECK(reading.findings.verdict() == Verdict::wrong);
    const StoreCheck check = backup.check();
    CHECK(only(check.findings, "index_damaged").name == folder + first_index);
    CHECK(check.manifests == 900);
    CHECK(check.messages == 900);
  }
}

TEST_CASE("an index that claims manifests that there are not is not believed") {
  ThreeDays backup;
  backup.compact();
  backup.store.objects[folder + "000000000001-000000005000.index.zst"] = "x";
  const ThreeDays::Reading reading = backup.read();
  CHECK(is_complete(reading));
  CHECK(reading.findings.kept().empty());
  CHECK(backup.check().findings.verdict() == Verdict::wrong);
}

TEST_CASE("an index that can't be read leaves nothing out") {
  ThreeDays backup;
  backup.compact();
  backup.store.unreadable = folder + first_index;
  const ThreeDays::Reading reading = backup.read();
  CHECK(is_complete(reading));
  CHECK(only(reading.findings, "index_unreadable").verdict == Verdict::unknown);
}

TEST_CASE("verify reads the manifests themselves, whatever an index has of them") {
  ThreeDays backup;
  backup.compact();
  StoreCheck check = backup.check();
  CHECK(check.findings.kept().empty());
  CHECK(check.indexes == 2);
  backup.store.objects.erase(backup.name_of_manifest(150));
  check = backup.check();
  CHECK(only(check.findings, "manifest_missing").text == "has no manifest 150: what they list can't be told");
  CHECK(check.findings.count("index_damaged") == 0);
}

TEST_CASE("an index tells of manifests that were removed from the end of a chain") {
  ThreeDays backup;
  backup.compact();
  for (std::uint64_t number = 500; number <= 3 * a_day; number++)
    backup.store.objects.erase(backup.name_of_manifest(number));
  CHECK(only(backup.check().findings, "manifest_missing").text ==
        "has no manifests 500 to 600, which stand in the index " + folder + second_index);
}

TEST_CASE("two compactions at once make the same indexes") {
  ThreeDays backup;
  CompactionOptions options = backup.options();
  const auto put = options.put;
  std::uint64_t by_the_other = 0;
  options.put = [&](const std::string &name, const std::string &bytes) {
    by_the_other += backup.compact().indexes;
    return put(name, bytes);
  };
  const ThreeDays::Compacted compaction = backup.compact(options);
  CHECK(by_the_other == 2);
  CHECK(compaction.indexes == 0);
  CHECK(compaction.in_none == 300);
  CHECK(compaction.findings.kept().empty());
  CHECK(backup.indexes().size() == 2);
  CHECK(backup.check().findings.verdict() == Verdict::good);
}

TEST_CASE("a compaction that ends half-way is gone on with by the next one") {
  ThreeDays backup;
  CompactionOptions options = backup.options();
  options.put = [put = options.put](const std::string &name, const std::string &bytes) {
    return name == folder + second_index ? StoreAnswer{JETCAPTURE_RETRY, "no"} : put(name, bytes);
  };
  const ThreeDays::Compacted failed = backup.compact(options);
  CHECK(only(failed.findings, "index_not_written").verdict == Verdict::unknown);
  CHECK(backup.indexes() == std::vector<std::string>{first_index});
  CHECK(is_complete(backup.read()));
  CHECK(backup.compact().indexes == 1);
  CHECK(backup.indexes().size() == 2);
}

TEST_CASE("a host that writes while its chain is compacted is not disturbed") {
  ThreeDays backup;
  CompactionOptions options = backup.options();
  options.put = [&, put = options.put](const std::string &name, const std::string &bytes) {
    backup.write(2);
    return put(name, bytes);
  };
  backup.compact(options);
  CHECK(backup.indexes().size() == 2);
  CHECK(backup.check().findings.verdict() == Verdict::good);
  CHECK(backup.read().manifests == 3 * a_day + 2);
}

TEST_CASE("what is behind a damaged or missing manifest goes into no index, and is told") {
  for (const bool missing : {false, true}) {
    CAPTURE(missing);
    ThreeDays backup;
    if (missing)
      backup.store.objects.erase(backup.name_of_manifest(450));
    else
      backup.store.objects[backup.name_of_manifest(450)] = "garbage";
    const ThreeDays::Compacted compaction = backup.compact();
    CHECK(compaction.findings.verdict() == Verdict::wrong);
    // Of the second day a part.
    CHECK(backup.indexes().front() == first_index);
    CHECK(backup.read().manifests == 3 * a_day - 1);
    CHECK(backup.compact().findings.verdict() == Verdict::wrong);
  }
}
