// Large blocks in files of their own, for stores that take such a file as it is.
#include "blocks/block_body.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

constexpr std::size_t kib = 1 << 10;

std::string text_of(std::size_t size, unsigned seed) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; i++)
    text[i] = static_cast<char>('a' + (i * 7 + seed + (i >> 10)) % 26);
  return text;
}

// A body and what was put into it.
struct Filled {
  Filled(MemoryMeter &of_all, Spool &spool) : meter(of_all), body(of_all, spool) {}
  void add(std::size_t size) {
    const std::string text = text_of(size, static_cast<unsigned>(expected.size()));
    Chunk chunk(size, meter);
    std::copy(text.begin(), text.end(), chunk.data());
    chunk.size = size;
    body.append(body.take_number(), std::move(chunk));
    expected += text;
  }
  void close() {
    body.close([] {});
  }
  // What read() gives, in steps of that size.
  bool reads_right(std::size_t step) const {
    std::string text(expected.size() + 1, '\0');
    std::size_t done = 0;
    while (true) {
      const std::int64_t got = body.read(done, text.data() + done, std::min(step, text.size() - done));
      if (got <= 0)
        break;
      done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text == expected;
  }
  // Whether its file has its bytes and nothing else, and no name.
  bool has_whole_file() {
    struct stat found {};
    const int file = body.whole_file();
    std::string text(expected.size() + 1, '\0');
    if (file < 0 || ::fstat(file, &found) != 0 || found.st_nlink != 0)
      return false;
    const ssize_t got = ::pread(file, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text == expected;
  }

  MemoryMeter &meter;
  BlockBody body;
  std::string expected;
};

std::ptrdiff_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return std::distance(begin(files), end(files));
}

} // namespace

TEST_CASE("a large block above the memory limit has a file of its own with all its bytes") {
  const Folder folder;
  MemoryMeter meter(1050 * kib);
  Spool spool(folder.path(), 0);
  spool.offer_files();
  {
    Filled block(meter, spool);
    for (int i = 0; i < 30; i++)
      block.add(100 * kib + static_cast<std::size_t>(i));
    block.close();
    CHECK(block.body.in_memory() > 0);
    CHECK(block.reads_right(33 * kib));
    CHECK(block.has_whole_file());
    CHECK(block.body.in_memory() == 0);
    CHECK(meter.used() == 0);
    CHECK(block.reads_right(33 * kib));
    CHECK(block.has_whole_file());
    CHECK(spool.used() == block.expected.size());
    CHECK(std::filesystem::is_empty(folder.path()));
  }
  CHECK(spool.used() == 0);
}

TEST_CASE("a block that grows large takes what it has in shared files into a file of its own") {
  const Folder folder;
  MemoryMeter meter(0);
  Spool spool(folder.path(), 0);
  spool.offer_files();
  Filled block(meter, spool), other(meter, spool);
  for (int i = 0; i < 30; i++) {
    block.add(100 * kib);
    other.add(kib);
  }
  block.close();
  CHECK(block.reads_right(64 * kib));
  CHECK(block.has_whole_file());
  CHECK(other.reads_right(64 * kib));
  CHECK(other.body.whole_file() == -1);
  CHECK(spool.used() == block.expected.size() + other.expected.size());
}

TEST_CASE("a large block that fits into memory has no file") {
  const Folder folder;
  MemoryMeter meter(1 << 30);
  Spool spool(folder.path(), 0);
  spool.offer_files();
  Filled block(meter, spool);
  for (int i = 0; i < 30; i++)
    block.add(100 * kib);
  block.close();
  CHECK(block.body.whole_file() == -1);
  CHECK(spool.taken() == 0);
}

TEST_CASE("where the store takes no files large blocks share those of the spool") {
  const Folder folder;
  MemoryMeter meter(0);
  Spool spool(folder.path(), 0);
  const auto before = open_files();
  std::deque<Filled> blocks;
  for (int i = 0; i < 10; i++)
    for (int part = 0; part < 20; part++)
      (part == 0 ? blocks.emplace_back(meter, spool) : blocks.back()).add(100 * kib);
  CHECK(open_files() == before);
  CHECK(blocks[3].body.whole_file() == -1);
  CHECK(blocks[3].reads_right(33 * kib));
}

TEST_CASE("a full spool keeps the rest of a large block in memory until there is room") {
  const Folder folder;
  MemoryMeter meter(0);
  Spool spool(folder.path(), 2000 * kib);
  spool.offer_files();
  auto other = std::make_unique<Filled>(meter, spool);
  other->add(500 * kib);
  Filled block(meter, spool);
  for (int i = 0; i < 18; i++)
    block.add(100 * kib);
  block.close();
  CHECK(spool.reason() == "the spool limit is reached");
  CHECK(block.body.whole_file() == -1);
  CHECK(block.body.in_memory() == 300 * kib);
  CHECK(block.reads_right(33 * kib));
  other.reset();
  CHECK(block.has_whole_file());
  CHECK(block.body.in_memory() == 0);
  CHECK(spool.used() == 1800 * kib);
}

TEST_CASE("large blocks have a share of the descriptors and no more, and the others share files") {
  const Folder folder;
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit few = {160, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  {
    MemoryMeter meter(0);
    Spool spool(folder.path(), 0);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    spool.offer_files();
    const auto before = open_files();
    std::deque<Filled> blocks;
    for (int i = 0; i < 50; i++) {
      blocks.emplace_back(meter, spool);
      for (int part = 0; part < 3; part++)
        blocks.back().add(512 * kib);
    }
    CHECK(open_files() - before == 20);
    CHECK(blocks.front().has_whole_file());
    CHECK(blocks.back().body.whole_file() == -1);
    CHECK(std::all_of(blocks.begin(), blocks.end(), [](const Filled &block) { return block.reads_right(100 * kib); }));
    blocks.pop_front();
    blocks.emplace_back(meter, spool);
    for (int part = 0; part < 3; part++)
      blocks.back().add(512 * kib);
    CHECK(blocks.back().has_whole_file());
  }
}
