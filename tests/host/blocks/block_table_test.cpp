#include "blocks/block_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <utility>

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

TEST_CASE("each block is found while thousands come and go, in whatever order") {
  Fixture fixture;
  std::map<std::pair<std::int64_t, std::string>, Block *> known;
  std::mt19937 random(1);
  const auto check_all = [&] {
    for (const auto &[place, block] : known)
      REQUIRE(fixture.table.find(place.first, false, place.second) == block);
  };
  std::size_t most = 0;
  for (unsigned i = 0; i < 20'000; i++) {
    // Many come at first, and go later.
    const bool grows = random() % 20'000 > i;
    const std::pair place(static_cast<std::int64_t>(random() % 3), "key " + std::to_string(random() % 2'000));
    const auto found = known.find(place);
    if (grows && found == known.end())
      known.emplace(place, &fixture.add(place.first, place.second, 1, 1));
    else if (!grows && found != known.end()) {
      REQUIRE(fixture.table.remove(*found->second).get() == found->second);
      known.erase(found);
      CHECK(fixture.table.find(place.first, false, place.second) == nullptr);
    }
    most = std::max(most, known.size());
    if (i % 1'000 == 0)
      check_all();
  }
  check_all();
  CHECK(most > 2'000);
  CHECK(fixture.table.size() == known.size());
}

TEST_CASE("a place has the block that was opened last, and the one before it again when that is gone") {
  Fixture fixture;
  Block &first = fixture.add(100, "a", 1, 1);
  Block &second = fixture.add(100, "a", 1, 1);
  CHECK(fixture.table.find(100, false, "a") == &second);
  CHECK(second.aside == &first);
  SUBCASE("the last one goes") {
    fixture.table.remove(second);
    CHECK(fixture.table.find(100, false, "a") == &first);
    fixture.table.remove(first);
  }
  SUBCASE("the one before it goes") {
    fixture.table.remove(first);
    CHECK(second.aside == nullptr);
    CHECK(fixture.table.find(100, false, "a") == &second);
    fixture.table.remove(second);
  }
  CHECK(fixture.table.empty());
  CHECK(fixture.table.find(100, false, "a") == nullptr);
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
