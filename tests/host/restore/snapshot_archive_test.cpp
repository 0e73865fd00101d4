#include "restore/snapshot_archive.hpp"

#include "host/restore/archive_reader.hpp"
#include "host/restore/memory_source.hpp"
#include "restore/restore_error.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

struct Archive {
  std::string packed;
  std::size_t largest_frame = 0;
  SnapshotArchive archive;
  explicit Archive(SnapshotArchive::Erased erased = SnapshotArchive::Erased::left_out)
      : archive("ORDERS", "{}", erased, [this](std::string_view frame) {
          packed += frame;
          largest_frame = std::max(largest_frame, frame.size());
        }) {}
  std::map<std::string, std::string> files() const { return files_of_tar(unpack_frames(packed)); }
};

StoredMessage message(std::uint64_t sequence, std::string data = "x") {
  return {sequence, 1'700'000'000'000'000'000 + static_cast<std::int64_t>(sequence), "orders.eu", "", std::move(data)};
}

std::vector<std::uint64_t> sequences(const std::string &block, bool erased) {
  std::vector<std::uint64_t> found;
  for (const Record &record : records_of(block))
    if (record.erased == erased)
      found.push_back(record.sequence);
  return found;
}

} // namespace

TEST_CASE("a record of the archive has the bytes of the server's format") {
  Archive made;
  made.archive.add({0x0102, 3, "a.b", "NATS/1.0\r\nA: 1\r\n\r\n", "xy"});
  made.archive.finish(0);
  const std::string block = made.files().at("msgs/1.blk");
  using namespace std::string_literals;
  const std::string expected = "\x39\x00\x00\x80"s + "\x02\x01\x00\x00\x00\x00\x00\x00"s +
                               "\x03\x00\x00\x00\x00\x00\x00\x00"s + "\x03\x00"s + "a.b" + "\x12\x00\x00\x00"s +
                               "NATS/1.0\r\nA: 1\r\n\r\n" + "xy";
  CHECK(block.substr(0, expected.size()) == expected);
  CHECK(block.size() == expected.size() + 8);
}

TEST_CASE("an archive begins with the configuration and its hash and the first frame comes at once") {
  Archive made;
  CHECK(files_of_tar(unpack_frames(made.packed)).size() == 2);
  made.archive.finish(0);
  CHECK(made.files().at("meta.inf") == "{}");
  CHECK(made.files().at("meta.sum").size() == 16);
}

TEST_CASE("all messages are in the archive as they were and no frame is larger than 64 KiB and its head") {
  const std::vector<StoredMessage> messages = hard_stream();
  Archive made;
  for (const StoredMessage &one : messages)
    made.archive.add(one.view());
  made.archive.finish(0);
  CHECK(made.archive.messages() == messages.size());
  CHECK(made.largest_frame <= 65536 + 18);
  std::vector<Record> records;
  const auto files = made.files();
  std::size_t blocks = 0;
  for (std::size_t number = 1; files.count("msgs/" + std::to_string(number) + ".blk") == 1; number++) {
    const std::string &block = files.at("msgs/" + std::to_string(number) + ".blk");
    CHECK(block.size() <= SnapshotArchive::most_block_bytes);
    const std::vector<Record> some = records_of(block);
    records.insert(records.end(), some.begin(), some.end());
    blocks++;
  }
  CHECK(files.size() == blocks + 2);
  REQUIRE(records.size() == messages.size());
  for (std::size_t i = 0; i < messages.size(); i++) {
    CHECK(records[i].sequence == messages[i].sequence);
    CHECK(records[i].timestamp == messages[i].timestamp);
    CHECK((records[i].subject == messages[i].subject));
    CHECK((records[i].headers == messages[i].headers));
    CHECK((records[i].data == messages[i].data));
  }
}

TEST_CASE("a gap above a thousand begins a new block and a smaller one does not") {
  Archive made;
  for (const std::uint64_t sequence : {5u, 1006u, 2008u})
    made.archive.add(message(sequence).view());
  made.archive.finish(0);
  CHECK(sequences(made.files().at("msgs/1.blk"), false) == std::vector<std::uint64_t>{5, 1006});
  CHECK(sequences(made.files().at("msgs/1.blk"), true).empty());
  CHECK(sequences(made.files().at("msgs/2.blk"), false) == std::vector<std::uint64_t>{2008});
}

TEST_CASE("for an old server each missing sequence within a block has a record") {
  Archive made(SnapshotArchive::Erased::recorded);
  for (const std::uint64_t sequence : {5u, 6u, 9u, 2000u})
    made.archive.add(message(sequence).view());
  made.archive.finish(2003);
  CHECK(sequences(made.files().at("msgs/1.blk"), true) == std::vector<std::uint64_t>{7, 8});
  CHECK(sequences(made.files().at("msgs/2.blk"), true) == std::vector<std::uint64_t>{2001, 2002, 2003});
}

TEST_CASE("a deleted end is a record of the last sequence and an emptied stream is that record alone") {
  Archive made;
  made.archive.add(message(5).view());
  made.archive.finish(9);
  CHECK(sequences(made.files().at("msgs/1.blk"), true) == std::vector<std::uint64_t>{9});
  Archive emptied;
  emptied.archive.finish(9);
  CHECK(sequences(emptied.files().at("msgs/1.blk"), true) == std::vector<std::uint64_t>{9});
  CHECK(sequences(emptied.files().at("msgs/1.blk"), false).empty());
  Archive never_used;
  never_used.archive.finish(0);
  CHECK(never_used.files().size() == 2);
}

TEST_CASE("a message that no server reads back and one out of order are refused with their sequences") {
  Archive made;
  made.archive.add(message(5).view());
  CHECK_THROWS_WITH_AS(made.archive.add(message(5).view()),
                       "the backup gives message 5 behind message 5: its messages are not in the order of the stream",
                       RestoreError);
  CHECK_THROWS_WITH_AS(made.archive.add(message(6, std::string(32u << 20, 'x')).view()),
                       "message 6 is larger than a server restores (32 MiB): leave it out with --to and --from, or "
                       "restore with --publish",
                       RestoreError);
  CHECK_THROWS_AS(made.archive.add(message(std::uint64_t{1} << 63).view()), RestoreError);
}
