#include "blocks/block_table.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::host;

namespace {

Clock::time_point at(std::int64_t nanoseconds) {
  return Clock::time_point(std::chrono::nanoseconds(nanoseconds));
}

struct Fixture {
  MemoryMeter meter{1 << 20};
  Spool spool{std::filesystem::temp_directory_path(), 0};
  BlockTable table;
  std::uint64_t next = 1;

  Block &add(std::int64_t interval, std::string key, std::int64_t due, std::int64_t end, std::uint64_t messages = 0) {
    auto block = std::make_unique<Block>(next++, BlockPlace{interval, false, std::move(key)}, meter, spool);
    block->due = at(due);
    block->interval_end = end;
    for (std::uint64_t i = 0; i < messages; i++)
      block->own.append(i);
    return table.insert(std::move(block));
  }
};

std::vector<std::string> keys(const std::vector<Block *> &blocks) {
  std::vector<std::string> names;
  for (const Block *block : blocks)
    names.push_back(block->place.key);
  return names;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a block is found by its key and its interval together") {
  Fixture fixture;
  Block &block = fixture.add(100, "a", 1, 1);
  CHECK(fixture.table.find(100, false, "a") == &block);
  CHECK(fixture.table.find(200, false, "a") == nullptr);
  CHECK(fixture.table.find(100, true, "a") == nullptr);
  CHECK(fixture.table.find(100, false, "b") == nullptr);
}

TEST_CASE("a removed block leaves no trace in the table") {
  Fixture fixture;
  fixture.table.remove(fixture.add(100, "a", 1, 1));
  CHECK(fixture.table.empty());
  CHECK(fixture.table.find(100, false, "a") == nullptr);
  CHECK(fixture.table.due(Clock::time_point::max()).empty());
  CHECK(fixture.table.of_past_intervals(INT64_MAX).empty());
  CHECK(fixture.table.first_interval_end() == INT64_MAX);
  CHECK(fixture.table.next_round(3).empty());
}

TEST_CASE("due blocks come in the order of their time, and only those") {
  Fixture fixture;
  fixture.add(0, "late", 30, 5);
  fixture.add(0, "early", 10, 7);
  fixture.add(0, "later", 40, 6);
  CHECK(keys(fixture.table.due(at(30))) == Names{"early", "late"});
  CHECK(keys(fixture.table.of_past_intervals(6)) == Names{"late", "later"});
  CHECK(fixture.table.first_interval_end() == 5);
}

TEST_CASE("the largest blocks come first, until they have enough messages") {
  Fixture fixture;
  fixture.add(0, "small", 1, 1, 2);
  fixture.add(0, "large", 1, 1, 50);
  fixture.add(0, "middle", 1, 1, 20);
  CHECK(keys(fixture.table.largest(51)) == Names{"large", "middle"});
  CHECK(keys(fixture.table.largest(50)) == Names{"large"});
}

TEST_CASE("a round visits every block in turn") {
  Fixture fixture;
  for (const char *key : {"a", "b", "c"})
    fixture.add(0, key, 1, 1);
  CHECK(keys(fixture.table.next_round(2)) == Names{"a", "b"});
  CHECK(keys(fixture.table.next_round(2)) == Names{"c", "a"});
  CHECK(keys(fixture.table.next_round(9)) == Names{"b", "c", "a"});
}

TEST_CASE("the oldest message and the first opened block are known, whichever blocks they are of") {
  Fixture fixture;
  CHECK(fixture.table.oldest().timestamp == INT64_MAX);
  CHECK(fixture.table.oldest().opened == Clock::time_point::max());
  for (const std::int64_t i : {3, 1, 2}) {
    Block &block = fixture.add(i, "k", i, i);
    block.first_timestamp = 100 * i;
    block.opened = at(1000 - i);
  }
  CHECK(fixture.table.oldest().timestamp == 100);
  CHECK(fixture.table.oldest().opened == at(997));
}
