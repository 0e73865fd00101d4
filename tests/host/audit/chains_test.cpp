#include "audit/chain_walk.hpp"
#include "host/audit/audited.hpp"
#include "ledger/packed_lines.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

FoundChains find(const AuditedStore &audited, const ChainFilter &filter = {}) {
  Findings findings;
  return find_chains(audited.reader, filter, Listed::all, findings, [](std::uint64_t) {});
}

} // namespace

TEST_CASE("a listing that fails half-way goes on behind the last name, and gives up where nothing comes any more") {
  AuditedStore audited;
  for (int i = 0; i < 1000; i++)
    audited.store.objects["_manifest/S/c/h/00000000/" + std::to_string(100'000'000'000 + i) + ".manifest.zst"] = "x";
  audited.store.names_a_call = 7;
  FoundChains found = find(audited);
  CHECK(found.answer.ok());
  CHECK(audited.store.lists == 143);
  audited.store.failures = 2;
  found = find(audited);
  CHECK(found.answer.ok());
  audited.store.failures = 3;
  found = find(audited);
  CHECK(found.answer.status == JETCAPTURE_RETRY);
}

TEST_CASE("chains are found by stream and consumer, with their manifests in order") {
  AuditedStore audited;
  const auto put = [&](const ChainName &name, std::uint64_t number) {
    audited.store.objects[name_of(name, number)] = "x";
  };
  put({"ORDERS", "backup", "b"}, 12'345);
  put({"ORDERS", "backup", "b"}, 9);
  put({"ORDERS", "backup", "a"}, 1);
  put({"ORDERS", "copy", "a"}, 1);
  put({"ORDERS-2", "backup", "a"}, 1);
  audited.store.objects["_manifest/ORDERS/backup/b/00000000/000000000010-9c1d.manifest.zst"] = "x";
  const FoundChains all = find(audited);
  REQUIRE(all.chains.size() == 4);
  CHECK(find(audited, {"ORDERS", ""}).chains.size() == 3);
  CHECK(find(audited, {"", "backup"}).chains.size() == 3);
  const FoundChains one = find(audited, {"ORDERS", "backup"});
  REQUIRE(one.chains.size() == 2);
  CHECK(one.chains[1].folder == "_manifest/ORDERS/backup/b/");
  REQUIRE(one.chains[1].manifests.size() == 3);
  CHECK(one.chains[1].manifests[0].number == 9);
  CHECK(one.chains[1].manifests[1].name_end == "-9c1d");
  CHECK(one.chains[1].name_of(one.chains[1].manifests[1]) ==
        "_manifest/ORDERS/backup/b/00000000/000000000010-9c1d.manifest.zst");
  CHECK(one.chains[1].manifests[2].number == 12'345);
}

TEST_CASE("a long chain is walked from its end to its beginning, whatever the threads") {
  AuditedStore audited;
  BackupChain writer = audited.chain();
  for (std::uint64_t i = 1; i <= 500; i++)
    writer.write(manifest_of({writer.block("eu", {i})}));
  const FoundChains found = find(audited);
  for (const std::size_t threads : {1u, 4u}) {
    Findings findings;
    WalkOptions options;
    options.threads = threads;
    std::uint64_t next = 500;
    walk(audited.reader, found.chains.at(0), options, findings, [&](const WalkedManifest &walked) {
      CHECK(walked.manifest.number == next);
      CHECK(walked.manifest.lines.at(0).own == std::vector<std::uint64_t>{next});
      next--;
    });
    CHECK(next == 0);
    CHECK(findings.kept().empty());
  }
}

TEST_CASE("a manifest of a newer version could not be told, which is not damage") {
  AuditedStore audited;
  BackupChain writer = audited.chain();
  writer.write({});
  Findings findings;
  const auto walk_all = [&] {
    walk(audited.reader, find(audited).chains.at(0), {}, findings, [](const WalkedManifest &) {});
  };
  std::string &bytes = audited.store.objects[writer.last_name()];
  bytes = pack_lines("{\"type\":\"header\",\"jetcapture_manifest\":2}\n", "");
  walk_all();
  CHECK(findings.verdict() == Verdict::unknown);
  CHECK(only(findings, "manifest_newer").name == writer.last_name());
  bytes = "garbage";
  walk_all();
  CHECK(findings.verdict() == Verdict::wrong);
}
