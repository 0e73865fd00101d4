#include "commit/earlier_blocks.hpp"
#include "support/cpu_time.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

// Blocks of one message each part of which has a key of its own, as a run leaves them that is killed before its acks.
void settle_blocks_of_one_message(std::size_t count) {
  EarlierBlocks earlier;
  for (std::size_t id = 1; id <= count; id++) {
    UnfinishedBlock block;
    block.id = id;
    block.stored = true;
    block.shared.append(7);
    block.key = std::to_string(id);
    block.newest = 5;
    block.last_sequence = 7;
    earlier.add(block, 0);
  }
  for (std::size_t id = 1; id <= count; id++) {
    CHECK(earlier.settled(id).empty());
    CHECK(earlier.has_part(7, 5, 0, std::to_string(id)));
  }
  CHECK_FALSE(earlier.has_part(7, 5, 1, "1"));
  CHECK_FALSE(earlier.has_part(7, 6, 0, "1"));
  CHECK(earlier.acked(7).size() == count);
  CHECK(earlier.size() == 0);
}

} // namespace

TEST_CASE("the cost of settling the blocks of a message with many keys after a crash grows with their number, not with "
          "its square") {
  CHECK(grows_with_its_size(2'000, settle_blocks_of_one_message));
}
