#include "faults/killable.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t count = 2000;

struct Capture : Killable {
  Capture() : Killable(count) {}
};

} // namespace

TEST_CASE("killed at any point of a block's life, the host has each message once after its next start") {
  for (const char *point : {"before-intent:1", "before-intent:7", "after-intent:1", "after-intent:9", "during-store:1",
                            "during-store:8", "after-store:1", "after-store:6", "after-journal:1", "after-journal:7",
                            "during-acks:1", "during-acks:350", "during-compaction:1"}) {
    SUBCASE(point) {
      Capture capture;
      capture.killed_at(point);
      REQUIRE(capture.host.run(capture.flags()) == 0);
      CHECK(each_once(capture.host.sequences(), count));
      CHECK(capture.client.consumer("S", "C")["num_ack_pending"] == 0);
      // Nothing of the killed run is left beside the blocks.
      for (const std::string &file : files_below(capture.host.root()))
        CHECK_MESSAGE(std::filesystem::path(file).filename().string().front() != '.', file);
    }
  }
}

TEST_CASE("killed again and again, the host has each message once in the end") {
  Capture capture;
  for (const char *point : {"after-store:3", "during-acks:120", "after-intent:2", "after-journal:2", "after-store:1"})
    capture.killed_at(point);
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(each_once(capture.host.sequences(), count));
}

TEST_CASE("a block that was stored before the kill is acked at the start, and not written again") {
  Capture capture;
  capture.killed_at("after-store:1");
  const auto before = capture.host.files();
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(capture.host.lines_with("not written again").size() == 1);
  for (const std::string &file : before)
    CHECK(capture.host.lines_with("/" + file).empty());
}

TEST_CASE("a consumer that was deleted and made anew gets no ack of an earlier life, and no block is written again") {
  Capture capture;
  capture.killed_at("after-journal:1");
  // Consumers are told apart by when they were made: by more than a restart of the server moves that time.
  pass(500ms);
  capture.client.api("CONSUMER.DELETE.S.C");
  capture.make_consumer();
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(capture.host.lines_with("the consumer was recreated since the last run").size() == 1);
  // The new consumer delivers all again. What is known as stored is not written again, and nothing is missing.
  CHECK(each_once(capture.host.sequences(), count));
  CHECK(capture.client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("a journal that is torn anywhere is read up to there") {
  Capture capture;
  capture.killed_at("after-journal:3");
  const std::filesystem::path journal = capture.host.folder().path() / "state" / "journal";
  const std::string whole = read_file(journal);
  REQUIRE(whole.size() > 100);
  write_file(journal, whole.substr(0, whole.size() - 11));
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(capture.host.lines_with("the end of the journal is torn").size() == 1);
  // A block whose "stored" record is lost is asked of the store.
  CHECK(each_once(capture.host.sequences(), count));
}

TEST_CASE("one flipped byte in the middle of the journal costs one record, and each message is stored once") {
  Capture capture;
  capture.killed_at("after-journal:9");
  const std::filesystem::path journal = capture.host.folder().path() / "state" / "journal";
  std::string bytes = read_file(journal);
  bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 0x40);
  write_file(journal, bytes);
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(capture.host.lines_with("the journal is damaged").size() == 1);
  CHECK(capture.host.lines_with("skipped_records=1").size() == 1);
  CHECK(capture.client.consumer("S", "C")["num_ack_pending"] == 0);
  // The messages of the one block may be stored once more, where the damage was in its intent.
  std::size_t missing = count;
  std::size_t twice = 0;
  for (const auto &[sequence, times] : capture.host.sequences()) {
    missing--;
    twice += times > 1 ? 1 : 0;
  }
  CHECK(missing == 0);
  CHECK(twice <= 100);
}

TEST_CASE("the spool leaves nothing behind when the host is killed") {
  Capture capture;
  capture.killed_at("after-intent:5");
  CHECK(files_below(capture.host.folder().path() / "state" / "spool").empty());
}
