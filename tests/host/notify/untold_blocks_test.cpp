// Which blocks of a capture with ordered delivery are told, and may be forgotten.
#include "notify/untold_blocks.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace jetcapture::host;

namespace {

using Numbers = std::vector<std::uint64_t>;

struct Blocks {
  UntoldBlocks untold;
  std::string told;

  explicit Blocks(bool with_intervals = true) : untold(with_intervals) {}
  void declare(std::uint64_t ticket) {
    untold.declared(ticket, [this](const std::string &id) { told += id; });
  }
};

} // namespace

TEST_CASE("a block is told once the manifest that declares it done is put") {
  Blocks blocks;
  blocks.untold.stored({1, "a", 0, 7});
  blocks.untold.stored({2, "b", 0, 8});
  blocks.declare(6);
  CHECK(blocks.told == "");
  CHECK_FALSE(blocks.untold.all_declared());
  blocks.declare(7);
  CHECK(blocks.told == "a");
  blocks.declare(9);
  CHECK(blocks.told == "ab");
  CHECK(blocks.untold.all_declared());
  CHECK_FALSE(blocks.untold.all_told());
}

TEST_CASE("a block is settled once it and its interval are confirmed, whichever comes first") {
  Blocks blocks;
  blocks.untold.stored({1, "a", 60, 1});
  blocks.untold.stored({2, "b", 60, 1});
  blocks.declare(1);
  blocks.untold.confirmed("a");
  CHECK(blocks.untold.take_settled().empty());
  blocks.untold.interval_made(60, "interval:b");
  blocks.untold.confirmed("interval:b");
  CHECK(blocks.untold.take_settled() == Numbers{1});
  CHECK_FALSE(blocks.untold.all_told());
  blocks.untold.confirmed("b");
  CHECK(blocks.untold.take_settled() == Numbers{2});
  CHECK(blocks.untold.take_settled().empty());
  CHECK(blocks.untold.all_told());
}

TEST_CASE("a block that comes after its interval was told waits for the next notification of it") {
  Blocks blocks;
  blocks.untold.stored({1, "a", 60, 1});
  blocks.declare(1);
  blocks.untold.interval_made(60, "interval:a");
  blocks.untold.stored({2, "b", 60, 2});
  CHECK(blocks.untold.holds_back(60));
  CHECK_FALSE(blocks.untold.holds_back(120));
  blocks.declare(2);
  CHECK_FALSE(blocks.untold.holds_back(60));
  for (const char *id : {"a", "b", "interval:a"})
    blocks.untold.confirmed(id);
  CHECK(blocks.untold.take_settled() == Numbers{1});
  blocks.untold.interval_made(60, "interval:b");
  blocks.untold.confirmed("interval:b");
  CHECK(blocks.untold.take_settled() == Numbers{2});
}

TEST_CASE("a notification of an interval that never came to be is made up for by the next one") {
  Blocks blocks;
  blocks.untold.stored({1, "a", 60, 1});
  blocks.untold.stored({2, "b", 60, 2});
  blocks.declare(1);
  blocks.untold.interval_made(60, "interval:a");
  blocks.declare(2);
  blocks.untold.interval_made(60, "interval:b");
  for (const char *id : {"a", "b", "interval:b"})
    blocks.untold.confirmed(id);
  CHECK(blocks.untold.take_settled() == Numbers{1, 2});
}

TEST_CASE("a block that can't be published now is told the next time") {
  Blocks blocks;
  blocks.untold.stored({1, "a", 60, 1});
  const auto fails = [](const std::string &) { throw std::runtime_error("the disk is full"); };
  CHECK_THROWS(blocks.untold.declared(1, fails));
  CHECK_THROWS(blocks.untold.declared(1, fails));
  CHECK(blocks.untold.holds_back(60));
  blocks.declare(1);
  CHECK(blocks.told == "a");
  blocks.untold.confirmed("a");
  blocks.untold.interval_made(60, "interval:a");
  blocks.untold.confirmed("interval:a");
  CHECK(blocks.untold.take_settled() == Numbers{1});
}

TEST_CASE("where intervals are not told a block is settled by itself") {
  Blocks blocks(false);
  blocks.untold.stored({1, "a", 60, 1});
  blocks.declare(1);
  CHECK(blocks.untold.holds_back(60));
  blocks.untold.confirmed("a");
  CHECK(blocks.untold.take_settled() == Numbers{1});
  CHECK(blocks.untold.all_told());
}
