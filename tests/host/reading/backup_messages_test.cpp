#include "blocks/codec.hpp"
#include "blocks/sha256.hpp"
#include "host/audit/memory_store.hpp"
#include "log/time_text.hpp"
#include "reading/backup_messages.hpp"
#include "settings/error.hpp"
#include "support/backup.hpp"
#include "support/folder.hpp"
#include "support/sequences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

constexpr std::int64_t start = 1'764'000'000'000'000'000;

// A line as the writer ndjson writes it. generation: of messages that have a sequence one after the other.
std::string line_of(std::uint64_t sequence, int generation = 0) {
  return R"({"subject":"orders.)" + std::to_string(sequence % 3) + R"(","stream":"ORDERS","sequence":)" +
         std::to_string(sequence) + R"(,"timestamp":")" +
         time_text(start + static_cast<std::int64_t>(sequence) * 1'000'000 + generation) + R"(","data":"data )" +
         std::to_string(sequence) + "\"}\n";
}

// A backup of whole messages in memory, and what reading it gives.
struct ReadBackup {
  ReadBackup() { chain.header = header_of("3f9a"); }

  static ManifestHeader header_of(const std::string &host) {
    ManifestHeader header;
    header.chain = {"ORDERS", "backup", host};
    header.stream_created = "2025-11-24T16:00:00Z";
    header.run = host;
    header.decoder = {"message", ""};
    header.writer = {"ndjson", ""};
    header.compression = {"none", ""};
    return header;
  }
  BackupChain another(const ManifestHeader &header) {
    BackupChain other(header.chain, put);
    other.header = header;
    return other;
  }

  // A block with these messages, in that order, done.
  BlockLine store(BackupChain &in, const std::vector<std::uint64_t> &sequences, const std::string &key = "eu",
                  int generation = 0) {
    std::string text;
    for (const std::uint64_t sequence : sequences)
      text += line_of(sequence, generation);
    std::vector<std::uint64_t> own = sequences;
    std::sort(own.begin(), own.end());
    return store_text(in, own, text, key);
  }
  BlockLine store_text(BackupChain &in, const std::vector<std::uint64_t> &own, const std::string &text,
                       const std::string &key = "eu", bool quarantine = false) {
    BlockLine line = in.block(key, own);
    line.place.quarantine = quarantine;
    line.first_timestamp = start + static_cast<std::int64_t>(own.front()) * 1'000'000;
    line.last_timestamp = start + static_cast<std::int64_t>(own.back()) * 1'000'000 + 1;
    line.bytes = line.written_bytes = text.size();
    line.sha256 = sha256_of(text);
    const std::uint64_t number = in.write(manifest_of({line}));
    put(line.name, text);
    Manifest declaring;
    declaring.done = {{number, 0, 0}};
    in.write(declaring);
    return line;
  }

  // The sequences that come, each with the text that belongs to it.
  std::vector<std::uint64_t> read(const WantedMessages &wanted = {}) {
    findings = Findings();
    newer.clear();
    const std::vector<ListedChain> chains =
        find_chains(reader, {"", ""}, Listed::all, findings, [](std::uint64_t) {}).chains;
    WholeBlocks found = find_whole_blocks(reader, chains, wanted, readers, findings, [](std::uint64_t) {});
    BackupMessages messages({reader, readers, spool, 2}, std::move(found), wanted, findings);
    std::vector<std::uint64_t> sequences;
    for (WholeMessage message; messages.next(message);) {
      CHECK(message.data == "data " + std::to_string(message.sequence));
      CHECK(message.subject == "orders." + std::to_string(message.sequence % 3));
      CHECK(message.headers == "");
      if (message.timestamp != start + static_cast<std::int64_t>(message.sequence) * 1'000'000)
        newer.insert(message.sequence);
      sequences.push_back(message.sequence);
    }
    return sequences;
  }
  std::string told(std::string_view kind) const {
    for (const AuditFinding &finding : findings.kept())
      if (finding.kind == kind && findings.count(kind) == 1)
        return finding.name + " " + finding.text;
    return std::to_string(findings.count(kind)) + " of them";
  }

  MemoryStore store_;
  StoreReader reader{store_.stage(), {.tries = 2, .first_wait = std::chrono::nanoseconds(0), .longest_wait = {}}};
  const BackupChain::Put put = [this](const std::string &name, const std::string &bytes) {
    store_.objects[name] = bytes;
  };
  BackupChain chain{{"ORDERS", "backup", "3f9a"}, put};
  Folder folder;
  Spool spool{folder.path(), 0};
  Log log{Level::error, LogFormat::text};
  const std::atomic<bool> cancelled = false;
  Readers readers{{JETCAPTURE_PLUGINS}, true, log, cancelled};
  Findings findings;
  std::set<std::uint64_t> newer; // those that came from a later generation
};

} // namespace

TEST_CASE("messages come in the order of the stream over keys and blocks, each once") {
  ReadBackup backup;
  std::mt19937 random(1);
  std::vector<std::vector<std::uint64_t>> blocks(37);
  for (std::uint64_t sequence = 1; sequence <= 3000; sequence++)
    blocks[sequence / 300 * 3 + random() % 7].push_back(sequence);
  std::shuffle(blocks.begin(), blocks.end(), random);
  for (std::vector<std::uint64_t> &block : blocks) {
    std::shuffle(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(block.size() / 2), random);
    if (!block.empty())
      backup.store(backup.chain, block, "k" + std::to_string(random() % 5));
  }
  CHECK(backup.read() == from_to(1, 3000));
  CHECK(backup.findings.verdict() == Verdict::good);
  CHECK(backup.spool.used() == 0);
}

TEST_CASE("what several hosts have stored comes once, and in order") {
  ReadBackup backup;
  BackupChain other = backup.another(ReadBackup::header_of("77aa"));
  backup.store(backup.chain, {1, 2, 4, 5});
  backup.store(other, {3, 4, 5, 6});
  CHECK(backup.read() == from_to(1, 6));
  CHECK(backup.findings.counts().empty());
}

TEST_CASE("a range is read by sequences, times, keys and subjects") {
  ReadBackup backup;
  backup.store(backup.chain, from_to(1, 10), "eu");
  backup.store(backup.chain, from_to(11, 20), "us");
  WantedMessages wanted;
  wanted.first_sequence = 5;
  wanted.last_sequence = 12;
  CHECK(backup.read(wanted) == from_to(5, 12));
  wanted = {};
  wanted.from = start + 3'000'000;
  wanted.to = start + 6'000'000;
  CHECK(backup.read(wanted) == from_to(3, 5));
  wanted = {};
  wanted.key = [](std::string_view key) { return key.ends_with("us"); };
  CHECK(backup.read(wanted) == from_to(11, 20));
  wanted.subject = "*.0";
  CHECK(backup.read(wanted) == std::vector<std::uint64_t>{12, 15, 18});
}

TEST_CASE("a block that is missing, damaged or can't be told is named, and the others are read") {
  ReadBackup backup;
  const BlockLine missing = backup.store(backup.chain, from_to(1, 10));
  const BlockLine changed = backup.store(backup.chain, from_to(11, 20));
  backup.store(backup.chain, from_to(21, 30));
  const BlockLine unreadable = backup.store(backup.chain, from_to(31, 40));
  const BlockLine fewer = backup.store_text(backup.chain, from_to(41, 50), line_of(41) + line_of(50));
  const BlockLine none = backup.store_text(backup.chain, {51}, "{\"id\":1}\n");
  backup.store_.objects.erase(missing.name);
  backup.store_.objects[changed.name][30] ^= 1;
  backup.store_.unreadable = unreadable.name;
  std::vector<std::uint64_t> expected = from_to(21, 30);
  expected.insert(expected.end(), {41, 50});
  CHECK(backup.read() == expected);
  CHECK(backup.told("object_missing") == missing.name + " is not in the store; 10 messages within sequences 1 to 10");
  CHECK(backup.told("object_differs") ==
        changed.name + " is not what was stored: its size or its hash differs; 10 messages within sequences 11 to 20");
  CHECK(backup.told("object_unreadable").starts_with(unreadable.name + " can't be read: "));
  CHECK(backup.told("block_incomplete").starts_with(fewer.name + " has 2 messages"));
  CHECK(backup.told("block_unreadable").starts_with(none.name + " can't be read: its line 1 can't be read: "));
  CHECK(backup.findings.verdict() == Verdict::wrong);
}

TEST_CASE("blocks of another decoder, or of a writer that has no reader, are named") {
  ReadBackup backup;
  backup.store(backup.chain, from_to(1, 5));
  backup.chain.header.decoder.name = "json";
  const BlockLine lossy = backup.store(backup.chain, from_to(6, 10));
  backup.chain.header.decoder.name = "message";
  backup.chain.header.writer.name = "raw";
  const BlockLine raw = backup.store(backup.chain, from_to(11, 15));
  CHECK(backup.read() == from_to(1, 5));
  CHECK(backup.told("block_lossy") == lossy.name + " has no whole messages: it was captured with the decoder json, "
                                                   "not with message; it is within sequences 6 to 10");
  CHECK(backup.told("no_reader").starts_with(raw.name + " can't be read: reader \"raw\" was not found"));
  CHECK(backup.findings.verdict() == Verdict::wrong);
}

TEST_CASE("what another capture of the stream has without loss is not missed, and the quarantine is read") {
  ReadBackup backup;
  ManifestHeader other_header = ReadBackup::header_of("77aa");
  other_header.chain.capture = "csv";
  other_header.decoder.name = "json";
  other_header.writer.name = "csv";
  BackupChain other = backup.another(other_header);
  backup.store(other, from_to(1, 5));
  backup.store_text(other, {6}, line_of(6), "", true);
  CHECK(backup.read() == std::vector<std::uint64_t>{6});
  CHECK(backup.findings.count("block_lossy") == 1);
  backup.store(backup.chain, from_to(1, 6));
  CHECK(backup.read() == from_to(1, 6));
  CHECK(backup.findings.verdict() == Verdict::good);
  CHECK(backup.told("capture_left_out").starts_with("2 blocks of csv are left out"));
}

TEST_CASE("of several streams of that name one after the other the newest is read, or the one that is named") {
  ReadBackup backup;
  backup.store(backup.chain, from_to(1, 5));
  ManifestHeader later = ReadBackup::header_of("77aa");
  later.stream_created = "2025-11-25T00:00:00.5Z";
  BackupChain other = backup.another(later);
  backup.store(other, from_to(3, 9), "eu", 1);
  CHECK(backup.read() == from_to(3, 9));
  CHECK(backup.newer.size() == 7);
  CHECK(backup.told("other_stream").starts_with("1 blocks are of another stream of that name, created 2025-11-24"));
  WantedMessages wanted;
  wanted.stream_created = time_of_text("2025-11-24T16:00:00Z");
  CHECK(backup.read(wanted) == from_to(1, 5));
  CHECK(backup.newer.empty());
  wanted.stream_created = 1;
  CHECK_THROWS_AS(backup.read(wanted), StartupError);
}

TEST_CASE("a stream that was recreated and has no blocks yet is not read in place of the one that was lost") {
  ReadBackup backup;
  backup.store(backup.chain, from_to(1, 5));
  ManifestHeader later = ReadBackup::header_of("77aa");
  later.stream_created = "2025-11-25T00:00:00.5Z";
  backup.another(later).write({});
  CHECK(backup.read() == from_to(1, 5));
  CHECK(backup.findings.verdict() == Verdict::good);
  WantedMessages wanted;
  wanted.stream_created = time_of_text(later.stream_created);
  CHECK(backup.read(wanted).empty());
}

TEST_CASE("of two messages with one sequence the later one comes, and the earlier one is told") {
  ReadBackup backup;
  backup.store(backup.chain, from_to(1, 10));
  backup.store(backup.chain, from_to(8, 12), "eu", 1);
  CHECK(backup.read() == from_to(1, 12));
  CHECK(backup.newer == std::set<std::uint64_t>{8, 9, 10, 11, 12});
  CHECK(backup.findings.count("message_replaced") == 3);
  CHECK(backup.findings.verdict() == Verdict::good);
}

TEST_CASE("blocks that were given up do not count, and pending ones are told") {
  ReadBackup backup;
  backup.store(backup.chain, from_to(1, 5));
  const BlockLine given_up = backup.chain.block("eu", {6, 7});
  Manifest voiding;
  voiding.voided = {{backup.chain.write(manifest_of({given_up})), 0, 0}};
  backup.chain.write(voiding);
  backup.chain.store(given_up);
  const BlockLine pending = backup.chain.block("eu", {8});
  backup.chain.write(manifest_of({pending}));
  CHECK(backup.read() == from_to(1, 5));
  CHECK(backup.told("block_pending") == pending.name + " is not stored yet");
  CHECK(backup.findings.verdict() == Verdict::good);
}

TEST_CASE("packed blocks are unpacked as their manifest says") {
  ReadBackup backup;
  MemoryMeter meter(1 << 20);
  std::uint64_t sequence = 0;
  for (const Compression compression : {Compression::gzip, Compression::zstd, Compression::snappy}) {
    backup.chain.header.compression.name = codec_encoding(compression);
    std::string text = line_of(sequence + 1) + line_of(sequence + 2);
    Chunk chunk(text.size(), meter);
    text.copy(chunk.data(), text.size());
    chunk.size = text.size();
    const Chunk packed = make_codec(compression, -1)->compress(std::move(chunk), ChunkPlace::first, meter);
    backup.store_text(backup.chain, {sequence + 1, sequence + 2}, std::string(packed.view()));
    sequence += 2;
  }
  CHECK(backup.read() == from_to(1, 6));
  CHECK(backup.findings.verdict() == Verdict::good);
}

TEST_CASE("a store with several streams has to be told which one") {
  ReadBackup backup;
  backup.store(backup.chain, {1});
  ManifestHeader header = ReadBackup::header_of("77aa");
  header.chain.stream = "OTHER";
  BackupChain other = backup.another(header);
  backup.store(other, {1});
  CHECK_THROWS_WITH_AS(backup.read(),
                       "the store has backups of several streams, such as ORDERS and OTHER; name one with --stream",
                       StartupError);
}

TEST_CASE("an object that was retired while the backup was read is not missed") {
  ReadBackup backup;
  const BlockLine old = backup.store(backup.chain, {1});
  backup.store(backup.chain, {2});
  ManifestHeader header = ReadBackup::header_of("commands");
  BackupChain commands = backup.another(header);
  backup.store_.on_get = [&](std::string_view name) {
    if (name != old.name || !backup.store_.objects.contains(old.name))
      return;
    backup.store_.objects.erase(old.name);
    Manifest retiring;
    retiring.retired = {{"3f9a", {{1, 0, 0}}}};
    commands.write(retiring);
  };
  CHECK(backup.read() == std::vector<std::uint64_t>{2});
  CHECK(backup.findings.verdict() == Verdict::good);
  CHECK(backup.told("block_retired").starts_with(old.name));
}
