#include "host/core/fake_stages.hpp"
#include "ledger/ledger.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <fcntl.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Blocks {
  MemoryMeter meter{1 << 20};
  Spool spool{std::filesystem::temp_directory_path(), 0};
  std::uint64_t next_sequence = 1;
  std::uint64_t next_id = 1;

  std::shared_ptr<SealedBlock> of(std::uint64_t messages) {
    auto block = std::make_shared<SealedBlock>();
    block->id = next_id++;
    block->name = "block " + std::to_string(block->id);
    block->body = std::make_shared<BlockBody>(meter, spool);
    block->body->close([] {});
    block->first_sequence = next_sequence;
    for (std::uint64_t i = 0; i < messages; i++)
      block->own.append(next_sequence++);
    block->last_sequence = next_sequence - 1;
    return block;
  }
  LedgerBatch batch(const std::vector<std::uint64_t> &messages) {
    LedgerBatch batch;
    for (const std::uint64_t count : messages)
      batch.blocks.push_back(of(count));
    return batch;
  }
};

std::vector<std::uint64_t> messages_of(const LedgerBatch &batch) {
  std::vector<std::uint64_t> messages;
  for (const std::shared_ptr<SealedBlock> &block : batch.blocks)
    messages.push_back(block->messages());
  return messages;
}

using Messages = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("a manifest takes blocks of up to 250,000 messages together, in the order in which they came") {
  Blocks blocks;
  LedgerBatch batch = blocks.batch({100'000, 150'000, 1});
  CHECK(messages_of(batch.take()) == Messages{100'000, 150'000});
  CHECK(messages_of(batch.take()) == Messages{1});
  CHECK(batch.empty());
}

TEST_CASE("a block of more messages than a manifest takes has one of its own") {
  Blocks blocks;
  LedgerBatch batch = blocks.batch({300'000, 1});
  CHECK(messages_of(batch.take()) == Messages{300'000});
  CHECK(messages_of(batch.take()) == Messages{1});
}

TEST_CASE("the end of a chain stands in the last manifest, behind all blocks") {
  Blocks blocks;
  LedgerBatch batch = blocks.batch({200'000, 200'000});
  batch.ends = true;
  CHECK_FALSE(batch.take().ends);
  CHECK(batch.take().ends);
  CHECK(batch.empty());
}

TEST_CASE("what does not fit into one manifest follows at once, however long the next one would wait else") {
  Blocks blocks;
  FakeStore objects;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  const std::atomic<bool> cancelled = false;
  const Store store{
      FakeStore::description(FakeStore::Kind::complete), StageKind::store, objects.options(), "", log, cancelled};
  Counters counters;
  ManifestHeader facts;
  facts.chain = {"S", "C", "host"};
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t listed = 0;
  Ledger ledger(facts, StoreRetry{0ns, 0ns, 1min}, Ledger::Pace{.gather = 20ms, .between = 1h},
                Ledger::Surroundings{store, counters, blocks.meter, log, [] { return std::string(); }},
                [&](const std::shared_ptr<SealedBlock> &) {
                  const std::lock_guard lock(mutex);
                  listed++;
                  changed.notify_all();
                });
  ledger.open({.again = [](const ManifestHeader &) { return false; },
               .has = [](std::uint64_t, std::int64_t) { return true; },
               .is_stored = [](const EarlierLine &) { return true; },
               .check = [] {}});
  for (int i = 0; i < 3; i++)
    ledger.list(blocks.of(200'000)); // before it is started, so that it finds them together however slow this is
  ledger.start();
  std::unique_lock lock(mutex);
  CHECK(changed.wait_for(lock, 1min, [&] { return listed == 3; }));
}
