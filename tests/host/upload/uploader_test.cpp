#include "blocks/capture_error.hpp"
#include "commit/journal.hpp"
#include "host/core/fake_stages.hpp"
#include "support/folder.hpp"
#include "upload/uploader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include <sys/mman.h>
#include <unistd.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// What the uploader asks and tells.
struct AskedCommitter final : Committer {
  void begins(std::uint64_t, std::uint64_t) override {}
  std::optional<Era> admit(const jetcapture_message &) override { return Era{}; }
  void filtered(std::uint64_t, Era) override {}
  void already_stored(std::uint64_t, Era) override {}
  void terminated(std::uint64_t, Era) override {}
  void refused(std::uint64_t) override {}
  void in_several(std::uint64_t, std::vector<std::uint64_t>) override {}
  bool part_is_stored(const jetcapture_message &, std::int64_t, std::string_view) override { return false; }
  void before_store(const SealedBlock &block) override { note("before", block); }
  void stored(const SealedBlock &block) override { note("stored", block); }

  void note(const std::string &what, const SealedBlock &block) {
    const std::lock_guard lock(mutex);
    if (failures > 0) {
      failures--;
      throw JournalError("the disk is full");
    }
    told.push_back(what + " " + block.name);
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex);
    return told;
  }
  std::mutex mutex;
  std::vector<std::string> told;
  int failures = 0; // so many calls throw
};

constexpr Uploader::Retry soon = {1ms, 1ms, 1min};
constexpr Uploader::Retry never = {1h, 1h, 1min};

struct Rig {
  // max_puts: of the store's instance; 0: any number.
  explicit Rig(Uploader::Retry retry, std::uint32_t threads = 1, std::uint32_t max_puts = 0) : store(max_puts) {
    uploader.emplace(store_stage, threads, retry, committer, counters, meter, log);
  }

  void give(const std::string &name, std::initializer_list<std::uint64_t> sequences = {1}) {
    auto block = std::make_shared<SealedBlock>();
    block->id = ++id;
    block->name = name;
    for (const std::uint64_t sequence : sequences)
      block->own.append(sequence);
    block->body = std::make_shared<BlockBody>(meter, spool);
    counters.store.sealed(*block);
    block->body->close([] {});
    uploader->give(std::move(block));
  }
  std::vector<std::string> put_names() const {
    std::vector<std::string> names;
    for (const auto &[time, name] : store.puts())
      names.push_back(name);
    return names;
  }
  // What was given is out of the store's hands. Ten seconds at most.
  bool wait_for_unstored(std::size_t count) const {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (uploader->unstored() != count && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    return uploader->unstored() == count;
  }

  bool wait_for_failure() const {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
      try {
        uploader->check();
        std::this_thread::yield();
      } catch (const CaptureError &) {
        return true;
      }
    }
    return false;
  }
  std::uint64_t messages_that_go_back() {
    std::uint64_t messages = 0;
    for (const SequenceList &list : uploader->abandon())
      messages += list.size();
    return messages;
  }

  bool has_logged(const std::string &text) const {
    std::string all(1 << 20, '\0');
    const ssize_t count = ::pread(log_file, all.data(), all.size(), 0);
    return count > 0 && all.find(text) < static_cast<std::size_t>(count);
  }

  const int log_file = ::memfd_create("log", MFD_CLOEXEC);
  Log log{Level::info, LogFormat::text, log_file};
  std::atomic<bool> cancelled = false;
  Folder folder;
  MemoryMeter meter{1 << 20};
  Spool spool{folder.path(), 0};
  FakeStore store;
  Store store_stage{FakeStore::description(), StageKind::store, store.options(), "", log, cancelled};
  AskedCommitter committer;
  Counters counters;
  std::uint64_t id = 0;
  std::optional<Uploader> uploader;
};

} // namespace

TEST_CASE("the committer is asked before the first put, and told after the one that worked") {
  Rig rig(soon);
  rig.store.answer(JETCAPTURE_RETRY, "busy");
  rig.give("x");
  REQUIRE(rig.store.wait_for_answers(3));
  rig.store.answer(JETCAPTURE_OK);
  REQUIRE(rig.store.wait_for_objects(1));
  REQUIRE(rig.wait_for_unstored(0));
  CHECK(rig.committer.all() == std::vector<std::string>{"before x", "stored x"});
  CHECK(rig.counters.store_failures >= 3);
  CHECK(rig.counters.blocks_stored == 1);
}

TEST_CASE("each attempt waits at least half of a time that doubles, up to the longest") {
  Rig rig({4ms, 16ms, 1min});
  rig.store.answer(JETCAPTURE_RETRY, "busy");
  rig.give("x");
  REQUIRE(rig.store.wait_for_puts(6));
  const auto puts = rig.store.puts();
  const std::chrono::milliseconds least[] = {2ms, 4ms, 8ms, 8ms, 8ms};
  for (std::size_t i = 0; i < std::size(least); i++)
    CHECK(puts[i + 1].first - puts[i].first >= least[i]);
}

TEST_CASE("a block that fails holds up no other") {
  Rig rig(never);
  rig.store.answer(JETCAPTURE_RETRY, "busy");
  rig.give("first");
  REQUIRE(rig.store.wait_for_answers(1));
  rig.store.answer(JETCAPTURE_OK);
  rig.give("second");
  REQUIRE(rig.store.wait_for_objects(1));
  CHECK(rig.store.objects().contains("second"));
}

TEST_CASE("when an outage ends, all blocks that waited are tried at once") {
  Rig rig(never);
  rig.store.answer(JETCAPTURE_RETRY, "no connection");
  for (const char *name : {"a", "b", "c"})
    rig.give(name);
  REQUIRE(rig.store.wait_for_answers(3));
  CHECK(rig.counters.store.snapshot().failing);
  rig.store.answer(JETCAPTURE_OK);
  rig.give("d");
  REQUIRE(rig.store.wait_for_objects(4)); // and not after an hour
  REQUIRE(rig.wait_for_unstored(0));
  CHECK_FALSE(rig.counters.store.snapshot().failing);
}

TEST_CASE("when the blocks of an outage are many and threads are several, all are tried at once when it ends") {
  Rig rig(never, 3);
  rig.store.answer(JETCAPTURE_CONFIGURATION, "no such bucket");
  for (int i = 0; i < 20; i++)
    rig.give("block-" + std::to_string(i));
  REQUIRE(rig.store.wait_for_answers(20));
  CHECK(rig.counters.store.snapshot().refused > 0);
  // Each thread has one of these in its hands: all others wait.
  rig.store.hold("last");
  for (const char *last : {"last-1", "last-2", "last-3"})
    rig.give(last);
  REQUIRE(rig.store.wait_for_puts(23));
  rig.store.answer(JETCAPTURE_OK);
  rig.store.release();
  REQUIRE(rig.store.wait_for_objects(23));
}

TEST_CASE("a block that fails while others are stored is no outage, and waits out its own time") {
  Rig rig(never, 2);
  rig.store.hold("bad");
  rig.give("bad");
  REQUIRE(rig.store.wait_for_puts(1));
  rig.give("good");
  REQUIRE(rig.wait_for_unstored(1));
  rig.store.answer(JETCAPTURE_RETRY, "this one not");
  rig.store.release();
  REQUIRE(rig.store.wait_for_answers(2));
  rig.store.answer(JETCAPTURE_OK);
  rig.give("better");
  REQUIRE(rig.store.wait_for_objects(2));
  rig.give("best");
  REQUIRE(rig.store.wait_for_objects(3));
  CHECK(rig.put_names() == std::vector<std::string>{"bad", "good", "better", "best"});
}

TEST_CASE("that the store works again is told once no block that has failed waits any more") {
  Rig rig(soon, 2);
  rig.store.answer(JETCAPTURE_RETRY, "the disk is full");
  rig.give("large");
  REQUIRE(rig.store.wait_for_answers(1));
  rig.store.hold("large");
  REQUIRE(rig.store.wait_for_puts(rig.store.puts().size() + 1));
  rig.store.answer(JETCAPTURE_OK); // it has room for one that is small
  rig.give("small");
  REQUIRE(rig.wait_for_unstored(1));
  CHECK_FALSE(rig.has_logged("works again"));
  rig.store.release();
  REQUIRE(rig.wait_for_unstored(0));
  CHECK(rig.has_logged("works again"));
}

TEST_CASE("a store that can't go on is asked no more, and all its blocks go back") {
  Rig rig(soon);
  CHECK_NOTHROW(rig.uploader->check());
  rig.store.answer(JETCAPTURE_FATAL, "the account is closed");
  rig.give("x", {1, 2});
  REQUIRE(rig.store.wait_for_answers(1));
  REQUIRE(rig.wait_for_failure());
  CHECK_THROWS_WITH_AS(rig.uploader->check(), "the store can't go on: the account is closed", CaptureError);
  rig.give("y", {3});
  REQUIRE(rig.wait_for_unstored(2));
  CHECK(rig.messages_that_go_back() == 3);
  rig.uploader.reset();
  CHECK(rig.put_names() == std::vector<std::string>{"x"});
}

TEST_CASE("a block whose bytes are damaged ends the capture, with its name") {
  Rig rig(soon);
  rig.store.answer(JETCAPTURE_BAD_DATA, "its hash is another one");
  rig.give("x");
  REQUIRE(rig.wait_for_failure());
  CHECK_THROWS_WITH_AS(rig.uploader->check(), "the block x is damaged in memory or spool: its hash is another one",
                       CaptureError);
  CHECK(rig.messages_that_go_back() == 1);
}

TEST_CASE("an answer to a put that no put may give ends the capture") {
  for (const jetcapture_status status :
       std::initializer_list<jetcapture_status>{JETCAPTURE_EXISTS, JETCAPTURE_NOT_FOUND, JETCAPTURE_NEXT_BLOCK, 99}) {
    Rig rig(soon);
    rig.store.answer(status, "so it says");
    rig.give("x");
    REQUIRE(rig.wait_for_failure());
    CHECK_THROWS_AS(rig.uploader->check(), CaptureError);
  }
}

TEST_CASE("as many puts run at once as the instance of the store takes") {
  Rig rig(soon, 4, 2);
  rig.store.hold();
  for (const char *name : {"a", "b", "c", "d"})
    rig.give(name);
  REQUIRE(rig.store.wait_for_puts(2));
  CHECK(rig.put_names().size() == 2);
  rig.store.release();
  REQUIRE(rig.store.wait_for_objects(4));
}

TEST_CASE("what can't be journaled is not put, and what was put is told until it is journaled") {
  Rig rig(soon);
  rig.committer.failures = 2; // before the put
  rig.give("x");
  REQUIRE(rig.store.wait_for_objects(1));
  REQUIRE(rig.wait_for_unstored(0));
  CHECK(rig.put_names() == std::vector<std::string>{"x"});
  rig.store.on_put([&](bool stored) {
    const std::lock_guard lock(rig.committer.mutex);
    rig.committer.failures = stored && rig.put_names().size() == 2 ? 1 : 0;
  });
  rig.give("y");
  REQUIRE(rig.store.wait_for_puts(3));
  REQUIRE(rig.wait_for_unstored(0));
  CHECK(rig.committer.all() == std::vector<std::string>{"before x", "stored x", "before y", "stored y"});
}

TEST_CASE("blocks that are abandoned are told with their messages, and are put no more") {
  Rig rig(never);
  rig.store.answer(JETCAPTURE_RETRY, "busy");
  rig.give("a", {1, 2});
  rig.give("b", {3});
  REQUIRE(rig.store.wait_for_answers(2));
  // The thread has this one in its hands: the others wait.
  rig.store.hold("c");
  rig.give("c", {4, 5, 6});
  REQUIRE(rig.store.wait_for_puts(3));
  std::uint64_t messages = 0;
  for (const SequenceList &list : rig.uploader->abandon())
    messages += list.size();
  CHECK(messages == 3);
  CHECK(rig.uploader->unstored() == 1);
  rig.store.answer(JETCAPTURE_OK);
  rig.store.release();
  REQUIRE(rig.wait_for_unstored(0));
  rig.uploader.reset();
  CHECK(rig.put_names() == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a put in the store's hands ends when the capture is cancelled, and its block is not tried again") {
  Rig rig(soon);
  rig.store.hold();
  rig.give("a", {1, 2});
  REQUIRE(rig.store.wait_for_puts(1));
  CHECK(rig.uploader->abandon().empty()); // it may still be stored
  rig.cancelled = true;
  rig.uploader.reset();
  CHECK(rig.put_names() == std::vector<std::string>{"a"});
  CHECK(rig.committer.all() == std::vector<std::string>{"before a"});
}
