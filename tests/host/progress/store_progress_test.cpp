#include "progress/store_progress.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;
using jetcapture::test::Folder;

namespace {

struct Fixture {
  Folder folder;
  MemoryMeter meter{1 << 20};
  Spool spool{folder.path(), 0};
  StoreProgress progress;

  SealedBlock block(std::uint64_t id, SealReason reason, std::int64_t first_timestamp) {
    SealedBlock block;
    block.id = id;
    block.name = "block-" + std::to_string(id);
    block.reason = reason;
    block.body = std::make_shared<BlockBody>(meter, spool);
    block.own.append(id);
    block.first_timestamp = first_timestamp;
    block.opened = Clock::time_point(std::chrono::nanoseconds(first_timestamp + 5));
    return block;
  }
};

} // namespace

TEST_CASE("a block is waiting, then storing, then stored, and the oldest one under way is known") {
  Fixture fixture;
  StoreProgress &progress = fixture.progress;
  const SealedBlock first = fixture.block(1, SealReason::age, 100);
  const SealedBlock second = fixture.block(2, SealReason::memory, 50);
  progress.sealed(first);
  progress.sealed(second);
  StoreProgress::Snapshot now = progress.snapshot();
  CHECK(now.waiting == 2);
  CHECK(now.storing == 0);
  CHECK(now.oldest_timestamp == 50);
  CHECK(now.oldest_opened == Clock::time_point(105ns)); // the first one: ids are given as blocks are opened
  CHECK(now.sealed_by_reason[static_cast<std::size_t>(SealReason::memory)] == 1);
  progress.begins(2);
  now = progress.snapshot();
  CHECK(now.waiting == 1);
  CHECK(now.storing == 1);
  progress.stored(second, "/store/2", 30ms);
  now = progress.snapshot();
  CHECK(now.storing == 0);
  CHECK(now.oldest_timestamp == 100);
  REQUIRE(now.last.size() == 1);
  CHECK(now.last.front().location == "/store/2");
  CHECK(now.last.front().reason == "memory");
  CHECK(now.last.front().messages == 1);
  CHECK(now.took[5] == 1); // above 25 ms, at most 50 ms
  CHECK(now.took_seconds == doctest::Approx(0.03));
  progress.stored(first, "/store/1", 0ms);
  now = progress.snapshot();
  CHECK(now.waiting + now.storing == 0);
  CHECK(now.oldest_timestamp == INT64_MAX);
}

TEST_CASE("a store is failing until a block is stored, and refusing until that very block is") {
  Fixture fixture;
  StoreProgress &progress = fixture.progress;
  const SealedBlock refused = fixture.block(1, SealReason::age, 1);
  const SealedBlock other = fixture.block(2, SealReason::age, 2);
  for (const SealedBlock *block : {&refused, &other}) {
    progress.sealed(*block);
    progress.begins(block->id);
  }
  progress.failed(1, StoreProgress::Failure::refused, "no such bucket");
  StoreProgress::Snapshot now = progress.snapshot();
  CHECK(now.failing);
  CHECK(now.refused == 1);
  CHECK(now.retrying == 1);
  CHECK(now.delayed == 2); // the other one waits for the same reason
  CHECK(now.waiting == 1);
  CHECK(now.reason == "no such bucket");
  progress.stored(other, "", 1ms);
  now = progress.snapshot();
  CHECK_FALSE(now.failing);
  CHECK(now.refused == 1);
  CHECK(now.reason == "no such bucket");
  progress.stored(refused, "", 1ms);
  now = progress.snapshot();
  CHECK(now.refused == 0);
  CHECK(now.reason.empty());
}

TEST_CASE("the blocks stored last are the newest twenty") {
  Fixture fixture;
  for (std::uint64_t id = 1; id <= 30; id++) {
    const SealedBlock block = fixture.block(id, SealReason::age, 1);
    fixture.progress.sealed(block);
    fixture.progress.stored(block, "", 1ms);
  }
  const StoreProgress::Snapshot now = fixture.progress.snapshot();
  REQUIRE(now.last.size() == 20);
  CHECK(now.last.front().name == "block-30");
  CHECK(now.last.back().name == "block-11");
}

TEST_CASE("a journal that can't be written delays blocks, and says nothing of the store") {
  Fixture fixture;
  StoreProgress &progress = fixture.progress;
  const SealedBlock block = fixture.block(1, SealReason::age, 1);
  progress.sealed(block);
  progress.begins(1);
  progress.failed(1, StoreProgress::Failure::journal, "");
  StoreProgress::Snapshot now = progress.snapshot();
  CHECK_FALSE(now.failing);
  CHECK(now.refused == 0);
  CHECK(now.delayed == 1);
  CHECK(now.waiting == 1);
  progress.stored(block, "", 1ms);
  CHECK(progress.snapshot().delayed == 0);
}

TEST_CASE("what is sealed during an outage, or waits when one begins, counts as delayed until it is stored") {
  Fixture fixture;
  StoreProgress &progress = fixture.progress;
  const SealedBlock tried = fixture.block(1, SealReason::age, 1), before = fixture.block(2, SealReason::age, 2),
                    during = fixture.block(3, SealReason::age, 3), after = fixture.block(4, SealReason::age, 4);
  progress.sealed(tried);
  progress.sealed(before);
  progress.begins(1);
  progress.failed(1, StoreProgress::Failure::store, "no answer");
  progress.sealed(during);
  CHECK(progress.snapshot().delayed == 3);
  progress.stored(tried, "", 1ms);
  progress.sealed(after);
  CHECK(progress.snapshot().delayed == 2);
  progress.stored(before, "", 1ms);
  progress.stored(during, "", 1ms);
  CHECK(progress.snapshot().delayed == 0);
  CHECK(progress.snapshot().waiting == 1);
}
