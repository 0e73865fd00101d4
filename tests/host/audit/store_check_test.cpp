#include "host/audit/audited.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

using Runs = std::vector<SequenceRun>;

// Three blocks in two manifests, each declared done by the next, with the names of their objects.
struct Intact : AuditedStore {
  BackupChain writer = chain();
  std::vector<BlockLine> lines;

  Intact() {
    lines = {writer.block("eu", {1, 2, 4}), writer.block("us", {3, 5, 6}), writer.block("eu", from_to(7, 1000), 1)};
    writer.write_and_store({lines[0], lines[1]});
    writer.write_and_store({lines[2]});
  }
};

} // namespace

TEST_CASE("a store that holds what its manifests say is good") {
  const Intact intact;
  const StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.findings.kept().empty());
  CHECK(check.chains == 1);
  CHECK(check.manifests == 4);
  CHECK(check.objects == 3);
  CHECK(check.done == 3);
  CHECK(check.proven == 3);
  CHECK(check.messages == 1000);
  CHECK(check.first_sequence == 1);
  CHECK(check.last_sequence == 1000);
}

TEST_CASE("an object that is missing, truncated, changed or replaced is told with its messages") {
  Intact intact;
  intact.store.objects.erase(intact.lines[0].name);
  AuditFinding found = only(intact.check().findings, "object_missing");
  CHECK(found.verdict == Verdict::wrong);
  CHECK(found.name == intact.lines[0].name);
  CHECK(found.sequences == Runs{{1, 2}, {4, 4}});

  for (const char *damage : {"", "x", "truncated"}) {
    Intact damaged;
    std::string &bytes = damaged.store.objects[damaged.lines[1].name];
    bytes = *damage == '\0' ? "" : *damage == 'x' ? "x" + bytes.substr(1) : bytes.substr(1);
    found = only(damaged.check().findings, "object_differs");
    CHECK(found.verdict == Verdict::wrong);
    CHECK(found.sequences == Runs{{3, 3}, {5, 6}});
  }
}

TEST_CASE("a hash that was written beside an object proves nothing, and reading its bytes does") {
  Intact intact;
  intact.store.hash_source = JETCAPTURE_HASH_CLAIMED;
  const StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::unknown);
  CHECK(check.findings.count("object_unproven") == 3);
  CHECK(check.proven == 0);
  const StoreCheck deep = intact.check({.filter = {}, .deep = true});
  CHECK(deep.findings.verdict() == Verdict::good);
  CHECK(deep.proven == 3);
  intact.store.objects[intact.lines[2].name].back() = 'x';
  CHECK(only(intact.check({.filter = {}, .deep = true}).findings, "object_differs").sequences == Runs{{7, 1000}});
}

TEST_CASE("a chain with a hole, a changed manifest or a replaced one is told") {
  Intact hole;
  hole.store.objects.erase(name_of(hole.writer.header.chain, 3));
  StoreCheck check = hole.check();
  CHECK(only(check.findings, "manifest_missing").text == "has no manifest 3: what they list can't be told");
  CHECK(only(check.findings, "object_unlisted").name == hole.lines[2].name);
  CHECK(check.findings.verdict() == Verdict::wrong);

  Intact beginning;
  beginning.store.objects.erase(name_of(beginning.writer.header.chain, 1));
  beginning.store.objects.erase(name_of(beginning.writer.header.chain, 2));
  check = beginning.check();
  CHECK(only(check.findings, "manifest_missing").text == "has no manifests 1 to 2: what they list can't be told");
  CHECK(check.findings.count("object_unlisted") == 2);

  // The end of a chain leaves no hole.
  Intact end;
  end.store.objects.erase(name_of(end.writer.header.chain, 3));
  end.store.objects.erase(name_of(end.writer.header.chain, 4));
  check = end.check();
  CHECK(check.findings.verdict() == Verdict::wrong);
  CHECK(only(check.findings, "object_unlisted").name == end.lines[2].name);

  Intact damaged;
  std::string &bytes = damaged.store.objects[name_of(damaged.writer.header.chain, 1)];
  bytes[bytes.size() / 2] ^= 8;
  check = damaged.check();
  CHECK(only(check.findings, "manifest_damaged").name == name_of(damaged.writer.header.chain, 1));
  CHECK(check.done == 1);

  Intact replaced;
  Manifest other = decode_manifest(replaced.store.objects[name_of(replaced.writer.header.chain, 1)]);
  other.written = 1;
  replaced.store.objects[name_of(replaced.writer.header.chain, 1)] = encode(other);
  check = replaced.check();
  CHECK(only(check.findings, "chain_broken").name == name_of(replaced.writer.header.chain, 1));

  Intact misplaced;
  misplaced.store.objects[name_of(misplaced.writer.header.chain, 3)] =
      misplaced.store.objects[name_of(misplaced.writer.header.chain, 2)];
  CHECK(only(misplaced.check().findings, "manifest_misplaced").name == name_of(misplaced.writer.header.chain, 3));
}

TEST_CASE("a block that no manifest lists is wrong, and other objects in the store are left alone") {
  Intact intact;
  intact.store.objects["readme.txt"] = "hello";
  intact.store.objects["_manifest/note.txt"] = "hello";
  intact.store.objects["_manifest/ORDERS/backup/3f9a/00000007/000000000003.manifest.zst"] = "hello";
  intact.store.objects["_manifest/_probe/create-only-x"] = "hello";
  StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(only(check.findings, "object_foreign").name == "readme.txt");
  CHECK(check.findings.count("stranger") == 2);
  intact.store.objects["eu/0000/ORDERS-000000000001-000000000009-5f3a9c0d12ab.csv.gz"] = "hello";
  check = intact.check();
  CHECK(check.findings.verdict() == Verdict::wrong);
  CHECK(check.findings.count("object_unlisted") == 1);
}

TEST_CASE(
    "of one capture alone, what others have stored is no block that nobody knows, and what nobody lists is told") {
  Intact intact;
  BackupChain other({"ORDERS", "parquet", "77aa"},
                    [&](const std::string &name, const std::string &bytes) { intact.store.objects[name] = bytes; });
  const BlockLine theirs = other.block("p", {1, 2});
  other.write_and_store({theirs});
  const StoreCheckOptions ours = {.filter = {"ORDERS", "backup"}};
  StoreCheck check = intact.check(ours);
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.findings.kept().empty());
  CHECK(check.chains == 1);
  // What is wrong with theirs is not ours, but hides whether something is.
  intact.store.objects.erase(theirs.name);
  CHECK(intact.check(ours).findings.verdict() == Verdict::good);
  intact.store.objects[name_of(other.header.chain, 1)] = "garbage";
  CHECK(only(intact.check(ours).findings, "others_unreadable").verdict == Verdict::unknown);
  intact.store.objects.erase(name_of(intact.writer.header.chain, 4));
  intact.store.objects.erase(name_of(intact.writer.header.chain, 3));
  intact.store.objects.erase(name_of(other.header.chain, 1));
  intact.store.objects.erase(name_of(other.header.chain, 2));
  CHECK(only(intact.check(ours).findings, "object_unlisted").name == intact.lines[2].name);
}

TEST_CASE("manifests of two runs with one number are told in a store that replaces, and break no chain") {
  Intact intact;
  const std::string name = name_of(intact.writer.header.chain, 2);
  std::string with_run = name;
  with_run.insert(with_run.size() - manifest_suffix.size(), "-77aa");
  Manifest other = decode_manifest(intact.store.objects[name]);
  other.run = "77aa";
  intact.store.objects[with_run] = encode(other);
  const StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.findings.count("manifest_twice") == 1);
}

TEST_CASE("messages that are in two blocks are told, and those of two hosts apart") {
  Intact intact;
  BlockLine again = intact.writer.block("eu", {2, 4, 1001}, 0);
  intact.writer.write_and_store({again});
  StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::wrong);
  CHECK(only(check.findings, "twice").sequences == Runs{{2, 2}, {4, 4}});
  CHECK(check.messages == 1001);

  Intact shared;
  BackupChain other = shared.chain("other");
  other.write_and_store({other.block("us", {5, 2000})});
  check = shared.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(only(check.findings, "across_hosts").sequences == Runs{{5, 5}});
  CHECK(shared.check({.filter = {}, .deep = false, .strict = true}).findings.verdict() == Verdict::wrong);
}

TEST_CASE("the same sequences of a recreated stream, of another capture, or captured again are not twice") {
  Intact intact;
  intact.writer.header.stream_created = "2026-01-01T00:00:00Z";
  intact.writer.write_and_store({intact.writer.block("eu", {1, 2, 4}, 5)});
  intact.writer.header.epoch = 2;
  intact.writer.write_and_store({intact.writer.block("eu", {1, 2, 4}, 6)});
  BackupChain other({"ORDERS", "parquet", "3f9a"},
                    [&](const std::string &name, const std::string &bytes) { intact.store.objects[name] = bytes; });
  other.write_and_store({other.block("p", {1, 2, 4})});
  const StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.chains == 2);
}

TEST_CASE("the parts of a message are told apart by the keys of their blocks, and one that lacks is told") {
  AuditedStore audited;
  BackupChain writer = audited.chain();
  BlockLine eu = writer.block("eu", {1}, 0, {{2, 2}, {3, 3}});
  BlockLine us = writer.block("us", {}, 0, {{2, 2}, {3, 3}});
  writer.write_and_store({eu, us});
  StoreCheck check = audited.check();
  CHECK(check.findings.count("twice") == 0);
  CHECK(only(check.findings, "in_part").sequences == Runs{{3, 3}});
  // The third part is on its way.
  BlockLine asia = writer.block("asia", {}, 0, {{3, 3}});
  writer.write(manifest_of({asia}));
  check = audited.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.pending == 1);
  writer.store(asia);
  CHECK(audited.check().done == 3);
  writer.write_and_store({writer.block("us", {}, 0, {{2, 2}})});
  CHECK(only(audited.check().findings, "twice").sequences == Runs{{2, 2}});
}

TEST_CASE("a block that was never stored is pending, void once that is declared, and superseded once others have its "
          "messages") {
  AuditedStore audited;
  BackupChain writer = audited.chain();
  const BlockLine lost = writer.block("eu", {1, 2, 3});
  const std::uint64_t number = writer.write(manifest_of({lost}));
  StoreCheck check = audited.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.pending == 1);

  BackupChain other = audited.chain("other");
  other.write_and_store({other.block("eu", {1, 2, 3})});
  check = audited.check();
  CHECK(check.superseded == 1);
  CHECK(check.pending == 0);

  Manifest voiding;
  voiding.voided = {{number, 0, 0}};
  writer.write(voiding);
  check = audited.check();
  CHECK(check.voided == 1);
  CHECK(check.findings.kept().empty());
  // It comes all the same, and does not count.
  writer.store(lost);
  check = audited.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.findings.count("void_object") == 1);
  CHECK(check.findings.count("across_hosts") == 0);
  // Of the same capture, by another host.
  CHECK(check.spare == std::vector<std::string>{lost.name});
}

TEST_CASE("an object of a block that was given up is spare only where other blocks have all its messages") {
  AuditedStore audited;
  BackupChain writer = audited.chain();
  const BlockLine lost = writer.block("eu", {1, 2, 3});
  Manifest voiding;
  voiding.voided = {{writer.write(manifest_of({lost})), 0, 0}};
  writer.write(voiding);
  writer.write_and_store({writer.block("eu", {1, 2})});
  CHECK(audited.check().findings.verdict() == Verdict::good);
  writer.store(lost);
  StoreCheck check = audited.check();
  CHECK(only(check.findings, "only_in_void").verdict == Verdict::wrong);
  CHECK(check.spare.empty());
  writer.write_and_store({writer.block("eu", {3})});
  check = audited.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.spare == std::vector<std::string>{lost.name});
}

TEST_CASE(
    "what was acked and is recorded nowhere could not be told, for all that another host's manifests tell of it") {
  AuditedStore audited;
  BackupChain first = audited.chain();
  BackupChain second = audited.chain("other");
  for (BackupChain *chain : {&first, &second}) {
    Manifest start;
    start.kind = ManifestHeader::Kind::start;
    start.configurations = {{"consumer", "backup", R"({"deliver_policy":"all"})"}};
    chain->header.begins_at = chain == &first ? 11 : 0;
    chain->write(start);
  }
  first.write_and_store({first.block("eu", from_to(11, 50))});
  const auto before = audited.store.objects;
  first.write_and_store({first.block("eu", from_to(51, 70))});
  second.header.ack_floor = 80;
  Manifest gap;
  gap.skipped = {{71, 72}};
  second.write(gap);
  second.write_and_store({second.block("us", from_to(73, 90))});
  CHECK(audited.check().findings.verdict() == Verdict::good);
  // The newest manifests of the first host go, with their objects.
  std::erase_if(audited.store.objects, [&](const auto &object) {
    return !before.contains(object.first) && !object.first.starts_with("_manifest/ORDERS/backup/other/") &&
           object.first.find("us/") == std::string::npos;
  });
  AuditFinding finding = only(audited.check().findings, "acked_unrecorded");
  CHECK(audited.check().findings.verdict() == Verdict::unknown);
  CHECK(finding.sequences == Runs{{51, 70}});
  // Its whole chain goes, and with it what said where the consumer began.
  std::erase_if(audited.store.objects, [](const auto &object) {
    return object.first.starts_with("_manifest/ORDERS/backup/3f9a/") || object.first.find("eu/") != std::string::npos;
  });
  finding = only(audited.check().findings, "acked_unrecorded");
  CHECK(finding.sequences == Runs{{1, 70}});
  // A consumer with a filter leaves sequences out.
  Manifest filtered;
  filtered.configurations = {{"consumer", "backup", R"({"deliver_policy":"all","filter_subject":"a.>"})"}};
  second.write(filtered);
  CHECK(audited.check().findings.verdict() == Verdict::good);
}

TEST_CASE("what can't be read is never good") {
  Intact intact;
  intact.store.unreadable = name_of(intact.writer.header.chain, 2);
  StoreCheck check = intact.check();
  CHECK(check.findings.verdict() == Verdict::unknown);
  CHECK(only(check.findings, "manifest_unreadable").name == intact.store.unreadable);
  intact.store.unreadable = intact.lines[0].name;
  check = intact.check();
  CHECK(check.findings.verdict() == Verdict::unknown);
  CHECK(only(check.findings, "object_unknown").sequences == Runs{{1, 2}, {4, 4}});

  const AuditedStore empty;
  check = empty.check();
  CHECK(check.findings.verdict() == Verdict::unknown);
  CHECK(check.findings.count("no_manifests") == 1);

  Intact deaf;
  deaf.store.failures = 1000;
  check = deaf.check();
  CHECK(check.findings.verdict() == Verdict::unknown);
  CHECK(check.findings.count("not_listed") == 2);
}

namespace {

// Ten messages, of which the stream then lost those behind the eighth; it gave 9 to 12 to other messages, which are
// captured too.
struct Rewound : AuditedStore {
  BackupChain writer = chain(std::string(ordered_chain));

  Rewound() {
    writer.write_and_store({writer.block("eu", from_to(1, 5)), writer.block("eu", from_to(6, 10), 1)});
    rewind(8);
    writer.write_and_store({writer.block("eu", from_to(9, 12), 2)});
  }
  void rewind(std::uint64_t to) {
    writer.header.rewound_to = to;
    writer.write({});
    writer.header.rewound_to.reset();
  }
};

} // namespace

TEST_CASE("what a stream has lost and given to other messages is kept, counted apart, and no message in two blocks") {
  const Rewound rewound;
  const StoreCheck check = rewound.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.messages == 14);
  CHECK(check.lost_by_stream == 2);
  CHECK(only(check.findings, "lost_by_stream").sequences == Runs{{9, 10}});
  REQUIRE(check.recorded.size() == 1);
  CHECK(check.recorded.front().runs == Runs{{1, 12}});
  REQUIRE(check.ordered.size() == 1);
  CHECK(check.ordered.front().newest_sequence == 12);
}

TEST_CASE(
    "within each generation a message that is in two blocks is told, and what was recorded before says nothing of "
    "a later one") {
  Rewound rewound;
  Manifest recorded = manifest_of({});
  recorded.absent = {{13, 20}};
  rewound.writer.write(recorded);
  rewound.rewind(11);
  StoreCheck check = rewound.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(check.lost_by_stream == 3);
  CHECK(check.recorded.front().runs == Runs{{1, 11}});
  rewound.writer.write_and_store({rewound.writer.block("eu", {8, 12}, 3)});
  check = rewound.check();
  CHECK(only(check.findings, "twice").sequences == Runs{{8, 8}});
  CHECK(check.recorded.front().runs == Runs{{1, 12}});
}

TEST_CASE("a lost message that is whole in no block is no fault, and the only copy of one is never spare") {
  Rewound rewound;
  BackupChain &writer = rewound.writer;
  const BlockLine one_part = writer.block("eu", {}, 3, {{21, 2}});
  const BlockLine given_up = writer.block("eu", {22}, 3);
  const std::uint64_t number = writer.write(manifest_of({one_part, given_up}));
  writer.store(one_part);
  writer.store(given_up);
  Manifest declaring;
  declaring.done = {{number, 0, 0}};
  declaring.voided = {{number, 1, 1}};
  writer.write(declaring);
  StoreCheck check = rewound.check();
  CHECK(check.findings.count("in_part") == 1);
  CHECK(check.findings.count("only_in_void") == 1);
  rewound.rewind(12);
  check = rewound.check();
  CHECK(check.findings.verdict() == Verdict::good);
  CHECK(only(check.findings, "lost_in_part").sequences == Runs{{21, 21}});
  CHECK(only(check.findings, "lost_in_void").sequences == Runs{{22, 22}});
  CHECK(check.spare.empty());
  CHECK(check.only_copies.empty());
}
