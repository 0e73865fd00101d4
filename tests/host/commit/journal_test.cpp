#include "commit/journal.hpp"
#include "settings/error.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace jetcapture::host;
using jetcapture::test::Folder;
using jetcapture::test::read_file;
using jetcapture::test::write_file;

namespace {

const CaptureIdentity identity = {"S", "2026-01-01T00:00:00Z", "C", 7};

// The same consumer, created anew later.
const CaptureIdentity recreated = {"S", "2026-01-01T00:00:00Z", "C", 8};

Journal::OriginOf compared_with(const CaptureIdentity &mine) {
  return [mine](const CaptureIdentity &other) {
    if (other.stream != mine.stream || other.stream_created != mine.stream_created)
      return JournalOrigin::other;
    return other.consumer_created == mine.consumer_created ? JournalOrigin::this_consumer
                                                           : JournalOrigin::earlier_consumer;
  };
}

// Blocks to journal: their bodies are empty.
class Blocks {
public:
  SealedBlock block(std::uint64_t id, std::initializer_list<std::uint64_t> sequences) {
    SealedBlock block;
    block.id = id;
    block.name = "block-" + std::to_string(id);
    block.place.key = "key";
    block.body = std::make_shared<BlockBody>(meter_, spool_);
    for (const std::uint64_t sequence : sequences)
      block.own.append(sequence);
    block.last_timestamp = 1000;
    return block;
  }

private:
  Folder folder_;
  MemoryMeter meter_{1 << 20};
  Spool spool_{folder_.path(), 0};
};

class JournalFolder {
public:
  Journal open(const CaptureIdentity &as = identity) {
    return {folder_.path(), read_journal(file()), as, compared_with(as), log_};
  }
  std::filesystem::path file() const { return folder_.path() / "journal"; }
  // Warnings and errors, as JSON.
  std::vector<std::string> warnings() const { return log_.recent(); }

private:
  Folder folder_;
  Log log_{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

// No file of this process grows beyond that size while it lives, as on a disk without room.
class FullDisk {
public:
  explicit FullDisk(std::uintmax_t largest_file) {
    before_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit smaller = {largest_file, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &smaller);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }
  FullDisk(const FullDisk &) = delete;
  FullDisk &operator=(const FullDisk &) = delete;

private:
  rlimit limit_{};
  void (*before_)(int);
};

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

bool throws_journal_error(const std::function<void()> &action) {
  try {
    action();
    return false;
  } catch (const JournalError &) {
    return true;
  }
}

} // namespace

TEST_CASE(
    "a block whose acks are confirmed is not unfinished at the next start, and its messages are known as stored") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1, 2, 3}));
    journal.stored(1);
    journal.intent(blocks.block(2, {4, 5}));
    journal.stored(2);
    CHECK(!journal.is_stored(2, 1000));
    journal.done(1);
    CHECK(journal.is_stored(2, 1000));
    CHECK(!journal.is_stored(4, 1000));
  }
  for (int i = 0; i < 2; i++) { // the second time from what the first has written anew
    const Journal again = folder.open();
    REQUIRE(again.unfinished().size() == 1);
    CHECK(again.unfinished()[0].id == 2);
    CHECK(again.unfinished()[0].stored);
    CHECK(again.is_stored(3, 1000));
    CHECK(!again.is_stored(3, 1001));
    CHECK(!again.is_stored(4, 1000));
  }
}

TEST_CASE("a block that the store does not have is neither unfinished nor stored at the next start") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1, 2, 3}));
    journal.dropped(1);
  }
  const Journal again = folder.open();
  CHECK(again.unfinished().empty());
  CHECK(!again.is_stored(1, 1000));
}

TEST_CASE("the journal stays small however many blocks have passed") {
  JournalFolder folder;
  Blocks blocks;
  Journal journal = folder.open();
  SealedBlock block = blocks.block(0, {});
  for (std::uint64_t sequence = 1; sequence <= 5000; sequence++)
    block.own.append(3 * sequence); // the lists are long, the ranges many
  for (std::uint64_t id = 1; id <= 1000; id++) {
    block.id = id;
    journal.intent(block);
    journal.stored(id);
    journal.done(id);
  }
  // 5 MB have been written; the 5000 ranges take 120 kB.
  CHECK(std::filesystem::file_size(folder.file()) < 1 << 21);
}

TEST_CASE("the journal of a stream that was recreated is dropped, with what it knew as stored") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1}));
    journal.stored(1);
    journal.done(1);
    journal.intent(blocks.block(2, {2}));
    journal.safe_up_to(1);
  }
  const Journal journal = folder.open({"S", "2026-01-02T00:00:00Z", "C", 7});
  CHECK(journal.unfinished().empty());
  CHECK(!journal.is_stored(1, 1000));
  CHECK(journal.safe_up_to() == 0);
  REQUIRE(folder.warnings().size() == 1);
  CHECK(folder.warnings()[0].find("recreated since: its contents are dropped") != std::string::npos);
}

TEST_CASE("what was stored for a consumer that was recreated stays known, and the store is asked for the rest") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1, 2}));
    journal.stored(1);
    journal.done(1);
    journal.intent(blocks.block(2, {3, 4}));
    journal.stored(2);
    journal.intent(blocks.block(3, {5, 6}));
    journal.intent(blocks.block(4, {7, 8}));
  }
  // The second time what is left is still of the earlier consumer, though the journal is of the new one.
  for (int i = 0; i < 2; i++) {
    Journal journal = folder.open(recreated);
    CHECK(journal.is_stored(1, 1000));
    CHECK(journal.is_stored(4, 1000));
    CHECK(!journal.is_stored(5, 1000));
    REQUIRE(journal.unfinished().size() == 2);
    for (const UnfinishedBlock &block : journal.unfinished()) {
      CHECK(block.of_earlier_consumer);
      CHECK(!block.stored);
    }
    CHECK(journal.unfinished()[0].id == 3);
    if (i == 0)
      continue;
    journal.done(3);
    journal.dropped(4);
    journal.intent(blocks.block(5, {9}));
    CHECK(journal.is_stored(5, 1000));
    CHECK(!journal.is_stored(7, 1000));
  }
  const Journal journal = folder.open(recreated);
  CHECK(journal.is_stored(6, 1000));
  REQUIRE(journal.unfinished().size() == 1);
  CHECK(!journal.unfinished()[0].of_earlier_consumer);
  CHECK(folder.warnings().empty());
}

TEST_CASE("the journal remembers up to where all is safe, for the filters of its consumer alone") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    CHECK(journal.safe_up_to() == 0);
    journal.safe_up_to(41);
    journal.safe_up_to(40);
    CHECK(journal.safe_up_to() == 41);
  }
  {
    Journal journal = folder.open();
    CHECK(journal.safe_up_to() == 41);
    // It stands in the file with the next record, and takes no memory until then.
    for (std::uint64_t sequence = 42; sequence <= 5000; sequence++)
      journal.safe_up_to(sequence);
    CHECK(journal.pending_bytes() == 0);
    const auto size = std::filesystem::file_size(folder.file());
    journal.intent(blocks.block(1, {6000}));
    CHECK(std::filesystem::file_size(folder.file()) < size + 250);
    CHECK(read_journal(folder.file()).safe_up_to == 5000);
  }
  CHECK(folder.open(recreated).safe_up_to() == 5000);
  CaptureIdentity filtered = identity;
  filtered.filters = "s.a";
  CHECK(folder.open(filtered).safe_up_to() == 0);
}

TEST_CASE("the journal keeps up to where losses are told, for its consumer and its filters alone") {
  JournalFolder folder;
  Blocks blocks;
  Delivery::Progress position;
  position.delivered_sequence = 40;
  position.delivered_consumer_sequence = 30;
  position.not_delivered = 5;
  position.stream_first_sequence = 7;
  position.stream_last_sequence = 50;
  position.stream_messages = 20;
  {
    Journal journal = folder.open();
    CHECK_FALSE(journal.earlier().position);
    journal.note_position({});
    journal.note_position(position);
    // It stands in the file with the next record.
    CHECK_FALSE(read_journal(folder.file()).position);
    journal.intent(blocks.block(1, {1}));
    CHECK(read_journal(folder.file()).position);
  }
  for (int run = 0; run < 2; run++) { // the file is rewritten each time
    const Journal journal = folder.open();
    const auto kept = journal.earlier().position;
    REQUIRE(kept);
    CHECK(kept->delivered_sequence == 40);
    CHECK(kept->delivered_consumer_sequence == 30);
    CHECK(kept->not_delivered == 5);
    CHECK(kept->stream_first_sequence == 7);
    CHECK(kept->stream_last_sequence == 50);
    CHECK(kept->stream_messages == 20);
  }
  SUBCASE("another consumer of that name") {
    folder.open().safe_up_to(41);
    const Journal journal = folder.open(recreated);
    CHECK_FALSE(journal.earlier().position);
    CHECK(journal.earlier().safe_up_to == 41);
  }
  SUBCASE("other filters") {
    CaptureIdentity filtered = identity;
    filtered.filters = "s.a";
    CHECK_FALSE(folder.open(filtered).earlier().position);
  }
}

TEST_CASE("what is forgotten below a sequence leaves memory at once, and the file when it is rewritten") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    SealedBlock block = blocks.block(1, {});
    for (std::uint64_t sequence = 1; sequence <= 500'000; sequence += 2)
      block.own.append(sequence);
    journal.intent(block);
    journal.stored(1);
    journal.done(1);
    CHECK(journal.is_stored(1, 1000));
    journal.forget_below(499'000);
    CHECK(!journal.is_stored(1, 1000));
    CHECK(!journal.is_stored(498'001, 1000));
    CHECK(journal.is_stored(499'001, 1000));
  }
  {
    Journal journal = folder.open(); // the done record has put it back
    journal.forget_below(499'000);
    std::uint64_t before = 0;
    for (std::uint64_t id = 2; journal.bytes() > before; id++) { // until it is rewritten
      before = journal.bytes();
      SealedBlock block = blocks.block(id, {600'000 + id});
      block.place.key = std::string(100'000, 'k');
      journal.intent(block);
      journal.stored(id);
      journal.done(id);
    }
  }
  const Journal journal = folder.open();
  CHECK(!journal.is_stored(1, 1000));
  CHECK(journal.is_stored(499'001, 1000));
  CHECK(journal.bytes() < 10'000);
}

TEST_CASE("an unfinished block tells the timestamp of its last message") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    SealedBlock block = blocks.block(1, {7, 9, 8});
    block.last_sequence_timestamp = 900;
    journal.intent(block);
  }
  for (int i = 0; i < 2; i++) {
    const Journal journal = folder.open();
    REQUIRE(journal.unfinished().size() == 1);
    CHECK(journal.unfinished()[0].last_sequence == 9);
    CHECK(journal.unfinished()[0].last_sequence_timestamp == 900);
    CHECK(journal.unfinished()[0].newest == 1000);
  }
}

TEST_CASE("the journal remembers from when on a stream gave its sequences to other messages") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    CHECK(journal.newest() == INT64_MIN);
    journal.intent(blocks.block(1, {1}));
    CHECK(journal.generation_of(2000) == 0);
    journal.begin_generation(1000);
    journal.begin_generation(1500);
  }
  for (int i = 0; i < 2; i++) {
    const Journal journal = folder.open();
    CHECK(journal.newest() == 1000);
    CHECK(journal.generation_of(1000) == 0);
    CHECK(journal.generation_of(1001) == 1);
    CHECK(journal.generation_of(1500) == 1);
    CHECK(journal.generation_of(1501) == 2);
  }
}

TEST_CASE("generations of which nothing is known are not in the journal after the next start, however many begin") {
  JournalFolder folder;
  std::uintmax_t first_size = 0;
  for (int i = 1; i <= 20; i++) {
    {
      Journal journal = folder.open();
      journal.begin_generation(1000 * i);
      journal.begin_generation(1000 * i + 500);
    }
    const Journal journal = folder.open();
    CHECK(journal.generations() == 1);
    CHECK(journal.generation_of(1000 * i + 700) == 0);
    if (i == 1)
      first_size = std::filesystem::file_size(folder.file());
    CHECK(std::filesystem::file_size(folder.file()) == first_size);
  }
}

TEST_CASE("a flush writes the last records, without waiting for others or for the end") {
  JournalFolder folder;
  Blocks blocks;
  Journal journal = folder.open();
  journal.intent(blocks.block(1, {1}));
  journal.stored(1);
  journal.done(1);
  journal.safe_up_to(1);
  CHECK(journal.pending_bytes() > 0);
  CHECK(read_journal(folder.file()).blocks.size() == 1);
  journal.flush();
  CHECK(journal.pending_bytes() == 0);
  const JournalContents contents = read_journal(folder.file());
  CHECK(contents.blocks.empty());
  CHECK(contents.history.contains(1, 1000));
  CHECK(contents.safe_up_to == 1);
}

TEST_CASE("a thousand records that a full disk does not take leave nothing behind, and all works once there is room") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1}));
    SealedBlock large = blocks.block(2, {});
    for (std::uint64_t sequence = 2; sequence <= 5000; sequence++)
      large.own.append(sequence);
    const auto size = std::filesystem::file_size(folder.file());
    {
      const FullDisk full(size + 100);
      for (int i = 0; i < 1000; i++)
        REQUIRE(throws_journal_error([&] { journal.intent(large); }));
      CHECK(journal.pending_bytes() == 0);
      CHECK(journal.problem().find("can't be written") != std::string::npos);
      CHECK(std::filesystem::file_size(folder.file()) == size);
      // What is not in the journal is not done either.
      journal.done(2);
      CHECK(!journal.is_stored(2, 1000));
    }
    journal.intent(large);
    CHECK(journal.problem().empty());
    journal.stored(2);
    CHECK(std::filesystem::file_size(folder.file()) < size + 5300);
  }
  const Journal again = folder.open();
  REQUIRE(again.unfinished().size() == 2);
  CHECK(!again.unfinished()[0].stored);
  CHECK(again.unfinished()[1].stored);
  CHECK(again.uncertain_records() == 0);
}

TEST_CASE("blocks that end while the disk is full are done in the file once there is room") {
  JournalFolder folder;
  Blocks blocks;
  Journal journal = folder.open();
  journal.intent(blocks.block(1, {1}));
  journal.stored(1);
  {
    const FullDisk full(std::filesystem::file_size(folder.file()) + 10);
    journal.done(1);
    const std::uint64_t pending = journal.pending_bytes();
    for (int i = 0; i < 100; i++)
      REQUIRE(throws_journal_error([&] { journal.flush(); }));
    CHECK(journal.pending_bytes() == pending);
    CHECK(read_journal(folder.file()).blocks.size() == 1);
  }
  journal.intent(blocks.block(2, {2}));
  const JournalContents contents = read_journal(folder.file());
  REQUIRE(contents.blocks.size() == 1);
  CHECK(contents.blocks.begin()->first == 2);
  CHECK(contents.history.contains(1, 1000));
}

TEST_CASE("of several writers on a disk that fills up, each knows whether its record is durable") {
  JournalFolder folder;
  Blocks blocks;
  constexpr std::uint64_t writers = 8;
  constexpr std::uint64_t rounds = 50;
  std::vector<std::uint64_t> written;
  {
    Journal journal = folder.open();
    const FullDisk full(std::filesystem::file_size(folder.file()) + 20'000);
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (std::uint64_t writer = 0; writer < writers; writer++)
      threads.emplace_back([&, writer] {
        for (std::uint64_t round = 0; round < rounds; round++) {
          const std::uint64_t id = 1 + writer * rounds + round;
          const SealedBlock block = [&] {
            const std::lock_guard lock(mutex);
            return blocks.block(id, {id});
          }();
          if (!throws_journal_error([&] { journal.intent(block); })) {
            const std::lock_guard lock(mutex);
            written.push_back(id);
          }
        }
      });
    for (std::thread &thread : threads)
      thread.join();
    CHECK(journal.pending_bytes() == 0);
  }
  std::sort(written.begin(), written.end());
  CHECK(!written.empty());
  CHECK(written.size() < writers * rounds);
  std::vector<std::uint64_t> found;
  const Journal journal = folder.open();
  for (const UnfinishedBlock &block : journal.unfinished())
    found.push_back(block.id);
  CHECK(found == written);
}

TEST_CASE("with any one byte of the journal damaged, every record but the one with that byte is kept") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1, 2, 3}));
    journal.stored(1);
    journal.done(1);
    journal.intent(blocks.block(2, {4, 5}));
    journal.stored(2);
    journal.safe_up_to(3);
  }
  Journal journal = folder.open();
  journal.intent(blocks.block(3, {6, 7}));
  journal.stored(3);
  const auto last = std::filesystem::file_size(folder.file());
  journal.intent(blocks.block(4, {8, 9}));
  const std::string whole = read_file(folder.file());
  const JournalContents expected = read_journal(folder.file());
  REQUIRE(expected.blocks.size() == 3);

  Folder other;
  const auto file = other.path() / "journal";
  for (std::size_t at = 0; at < whole.size(); at++)
    for (const int flipped : {0x01, 0x03, 0x80, 0xFF}) {
      CAPTURE(at);
      CAPTURE(flipped);
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flipped);
      write_file(file, damaged);
      const JournalContents contents = read_journal(file);
      REQUIRE(contents.identity.stream == "S");
      REQUIRE(contents.identity.consumer_created == identity.consumer_created);
      int missing = 0;
      missing += contents.safe_up_to == 3 ? 0 : 1;
      missing += contents.history.contains(2, 1000) ? 0 : 1;
      for (const auto &[id, block] : expected.blocks) {
        const auto found = contents.blocks.find(id);
        if (found == contents.blocks.end()) {
          missing++;
          continue;
        }
        REQUIRE(intent_record(found->second) == intent_record(block));
        missing += found->second.stored == block.stored ? 0 : 1;
      }
      REQUIRE(missing <= 1);
      // Not one that was never written.
      for (const auto &[id, block] : contents.blocks)
        REQUIRE(expected.blocks.contains(id));
      REQUIRE(contents.damaged_records == (at < last ? 1 : 0));
      REQUIRE((contents.torn_bytes > 0) == (at >= last));
    }
}

TEST_CASE("damage in the middle of the journal is a warning that tells what was skipped, a torn end is none") {
  JournalFolder folder;
  Blocks blocks;
  std::uintmax_t begin = 0;
  {
    Journal journal = folder.open();
    begin = std::filesystem::file_size(folder.file());
    for (std::uint64_t id = 1; id <= 4; id++)
      journal.intent(blocks.block(id, {id}));
  }
  std::string bytes = read_file(folder.file());
  const std::size_t record = (bytes.size() - begin) / 4;
  bytes.replace(begin + record / 2, record, record, 'x'); // parts of the first and of the second
  bytes.resize(bytes.size() - 1);
  write_file(folder.file(), bytes);
  const Journal journal = folder.open();
  REQUIRE(journal.unfinished().size() == 1);
  CHECK(journal.unfinished()[0].id == 3);
  CHECK(journal.uncertain_records() == 1); // the second can't be told from the first: its beginning is gone
  REQUIRE(folder.warnings().size() == 1);
  CHECK(folder.warnings()[0].find("the journal is damaged") != std::string::npos);
  CHECK(folder.warnings()[0].find("\"skipped_bytes\":" + std::to_string(2 * record)) != std::string::npos);
  CHECK(folder.warnings()[0].find("\"records_behind\":1") != std::string::npos);
  // What is kept is written anew: the next start finds no damage.
  CHECK(read_journal(folder.file()).damaged_records == 0);
}

TEST_CASE("a destination key that has the bytes of a record is not taken for one behind damage") {
  JournalFolder folder;
  Blocks blocks;
  const std::string whole_record = RecordWriter(RecordType::dropped).put_integer(std::uint64_t{1}).record();
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1}));
    const auto begin = std::filesystem::file_size(folder.file());
    SealedBlock block = blocks.block(2, {2});
    block.place.key = whole_record + whole_record.substr(0, 3) + whole_record;
    journal.intent(block);
    CHECK(read_journal(folder.file()).blocks.at(2).key == block.place.key);
    journal.intent(blocks.block(3, {3}));
    std::string bytes = read_file(folder.file());
    bytes[begin + 20] ^= 1;
    write_file(folder.file(), bytes);
  }
  const Journal journal = folder.open();
  REQUIRE(journal.unfinished().size() == 2);
  CHECK(journal.unfinished()[0].id == 1);
  CHECK(journal.unfinished()[1].id == 3);
  CHECK(journal.uncertain_records() == 1);
}

TEST_CASE("a journal of version 1 is read, and its unfinished blocks are the next version's") {
  JournalFolder folder;
  // As that version wrote it: block 2 is stored, block 3 done, block 4 intended, 1 to 3 are known as stored.
  write_file(
      folder.file(),
      bytes_of("6a657463617074757265206a6f75726e616c20310a2b0000007ba26ab501010000005314000000323032362d30312d303154"
               "30303a30303a30305a010000004307000000000000005d000000a753e7e70658000000000000000000000000000000000000"
               "00e8030000000000000e00000000000000000000000000000000000000000000000000000000000000000000000000000000"
               "00000000000000000000000000000000000000000000006100000033f955de02020000000000000007000000626c6f636b2d"
               "3200000000000000002000000000000000000000000000000000000000000000000000000000000000000000000200000008"
               "02000000000000000000000000030000006b6579e80300000000000009000000162fa19d0302000000000000006100000005"
               "009eab02030000000000000007000000626c6f636b2d33000000000000000020000000000000000000000000000000000000"
               "0000000000000000000000000000000000020000000c02000000000000000000000000030000006b6579e803000000000000"
               "09000000882f0b5103030000000000000061000000c6e99c3902040000000000000007000000626c6f636b2d340000000000"
               "0000002000000000000000000000000000000000000000000000000000000000000000000000000200000010020000000000"
               "00000000000000030000006b6579e8030000000000000900000041426a35040300000000000000"));
  for (int i = 0; i < 2; i++) {
    const Journal journal = folder.open();
    CHECK(journal.uncertain_records() == 0);
    REQUIRE(journal.unfinished().size() == 2);
    const UnfinishedBlock &stored = journal.unfinished()[0];
    CHECK(stored.id == 2);
    CHECK(stored.stored);
    CHECK(stored.name == "block-2");
    CHECK(stored.key == "key");
    CHECK(stored.newest == 1000);
    CHECK(stored.last_sequence == 5);
    CHECK(stored.last_sequence_timestamp == 0);
    CHECK(!stored.of_earlier_consumer);
    CHECK(journal.unfinished()[1].id == 4);
    CHECK(!journal.unfinished()[1].stored);
    for (const std::uint64_t sequence : {1, 2, 3, 6, 7}) {
      CAPTURE(sequence);
      CHECK(journal.is_stored(sequence, 1000));
    }
    CHECK(!journal.is_stored(4, 1000));
    CHECK(read_file(folder.file()).starts_with("jetcapture journal 2\n"));
  }
  CHECK(folder.open(recreated).is_stored(4, 1000));
}

TEST_CASE("a file that is no journal, or one of a later version, is refused") {
  JournalFolder folder;
  for (const char *text : {"jetcapture journal 3\nand what follows", "something else that is longer than a line"}) {
    write_file(folder.file(), text);
    CHECK_THROWS_WITH_AS(folder.open(), doctest::Contains("give another --state-dir"), StartupError);
  }
}

TEST_CASE("a torn tail of the journal is cut off and what stands before it is kept") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1, 2}));
    journal.intent(blocks.block(2, {3, 4}));
  }
  const auto size = std::filesystem::file_size(folder.file());
  for (std::uintmax_t cut = 1; cut < 40; cut += 7) {
    Folder other;
    const auto copy = other.path() / "journal";
    std::filesystem::copy_file(folder.file(), copy);
    std::filesystem::resize_file(copy, size - cut);
    Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    const Journal journal(other.path(), read_journal(copy), identity, compared_with(identity), log);
    REQUIRE(journal.unfinished().size() == 1);
    CHECK(journal.unfinished()[0].name == "block-1");
  }
}
