#include "capture/journal.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

using namespace jetcapture::host;
using jetcapture::test::Folder;

namespace {

const CaptureIdentity identity = {"S", "2026-01-01T00:00:00Z", "C", 7};

bool same_stream(const CaptureIdentity &other) {
  return other.stream == identity.stream;
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
  Journal open() { return {folder_.path(), identity, same_stream, log_}; }
  std::filesystem::path file() const { return std::filesystem::path(folder_.path()) / "journal"; }

private:
  Folder folder_;
  Log log_{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

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

TEST_CASE("the journal of a stream that was made anew is dropped, with what it knew as stored") {
  JournalFolder folder;
  Blocks blocks;
  {
    Journal journal = folder.open();
    journal.intent(blocks.block(1, {1}));
    journal.stored(1);
    journal.done(1);
    journal.intent(blocks.block(2, {2}));
  }
  Folder other;
  std::filesystem::copy_file(folder.file(), std::filesystem::path(other.path()) / "journal");
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  const Journal journal(
      other.path(), identity, [](const CaptureIdentity &) { return false; }, log);
  CHECK(journal.unfinished().empty());
  CHECK(!journal.is_stored(1, 1000));
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
    const auto copy = std::filesystem::path(other.path()) / "journal";
    std::filesystem::copy_file(folder.file(), copy);
    std::filesystem::resize_file(copy, size - cut);
    Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    const Journal journal(other.path(), identity, same_stream, log);
    REQUIRE(journal.unfinished().size() == 1);
    CHECK(journal.unfinished()[0].name == "block-1");
  }
}
