// Notifications that are kept over crashes.
#include "notify/outbox.hpp"

#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

Outbox::Prepared block(const std::string &name, std::int64_t interval = 0) {
  return {.notification = {name, "body of " + name}, .interval_start = interval, .rows = 2, .messages = 1, .bytes = 10};
}

std::vector<std::string> ids(const std::vector<Outbox::Waiting> &waiting) {
  std::vector<std::string> all;
  for (const Outbox::Waiting &one : waiting)
    all.push_back(one.notification.id);
  return all;
}

using Ids = std::vector<std::string>;

struct File {
  Folder folder;
  std::string path = folder / "notifications";
};

} // namespace

TEST_CASE("a block's notification waits from when it is stored until it is published, over restarts") {
  const File file;
  {
    Outbox outbox(file.path);
    for (const char *name : {"a", "b", "c", "d"})
      outbox.prepare(block(name));
    CHECK(outbox.waiting() == 0);
    for (const char *name : {"c", "a", "b"})
      outbox.stored(name);
    CHECK(ids(outbox.next(2)) == Ids{"c", "a"});
    outbox.published(outbox.next(1));
  }
  Outbox outbox(file.path);
  CHECK(ids(outbox.next(9)) == Ids{"a", "b"});
  CHECK(outbox.next(9).front().notification.body == "body of a");
  REQUIRE(outbox.unsettled().size() == 1);
  CHECK(outbox.unsettled().front().notification.id == "d");
  CHECK(outbox.unsettled().front().bytes == 10);
}

TEST_CASE("a block that is not in the store is not told, and one that is prepared again is told once") {
  const File file;
  {
    Outbox outbox(file.path);
    outbox.prepare(block("a"));
    outbox.prepare(block("a"));
    outbox.prepare(block("b"));
    outbox.dropped("b");
    outbox.stored("b");
    outbox.stored("never heard of");
    outbox.stored("a");
    outbox.stored("a");
  }
  Outbox outbox(file.path);
  CHECK(ids(outbox.next(9)) == Ids{"a"});
  CHECK(outbox.unsettled().empty());
  CHECK(outbox.damaged() == 0);
}

TEST_CASE("a line that a crash cut off is left out, and one that is damaged is counted") {
  const File file;
  {
    Outbox outbox(file.path);
    for (const char *name : {"a", "b"}) {
      outbox.prepare(block(name));
      outbox.stored(name);
    }
  }
  write_file(file.path, "damaged\n" + read_file(file.path) + R"({"published":"a)");
  {
    Outbox outbox(file.path);
    CHECK(outbox.damaged() == 1);
    CHECK(ids(outbox.next(9)) == Ids{"a", "b"});
    outbox.published(outbox.next(1));
  }
  CHECK(ids(Outbox(file.path).next(9)) == Ids{"b"});
}

TEST_CASE("an interval is told with all that is stored of it, and again with what comes late, over restarts") {
  const File file;
  IntervalTotals seen;
  const auto tell = [&](Outbox &outbox, std::int64_t start) {
    outbox.tell_interval(start, [&](const IntervalTotals &totals) {
      seen = totals;
      return Notification{"interval:" + totals.last_object, "all"};
    });
  };
  {
    Outbox outbox(file.path);
    for (const char *name : {"a", "b"}) {
      outbox.prepare(block(name, 60));
      outbox.stored(name);
    }
    outbox.prepare(block("other", 120));
    CHECK(outbox.untold_intervals() == std::vector<std::int64_t>{60});
  }
  {
    Outbox outbox(file.path);
    CHECK(outbox.untold_intervals() == std::vector<std::int64_t>{60});
    tell(outbox, 60);
    CHECK(seen.blocks == 2);
    CHECK(seen.rows == 4);
    CHECK(seen.bytes == 20);
    CHECK(seen.told == 0);
    CHECK(outbox.untold_intervals().empty());
    outbox.prepare(block("late", 60));
    outbox.stored("late");
  }
  Outbox outbox(file.path);
  CHECK(outbox.untold_intervals() == std::vector<std::int64_t>{60});
  tell(outbox, 60);
  CHECK(seen.blocks == 3);
  CHECK(seen.told == 1);
  tell(outbox, 60);
  CHECK(ids(outbox.next(9)) == Ids{"a", "b", "interval:b", "late", "interval:late"});
}

TEST_CASE("the file is rewritten without what is published, and keeps all else") {
  const File file;
  std::uintmax_t largest = 0;
  {
    Outbox outbox(file.path);
    outbox.prepare(block("first", 60));
    outbox.stored("first");
    const std::vector<Outbox::Waiting> first = outbox.next(1);
    for (int i = 0; i < 20'000; i++) {
      const std::string name = "block " + std::to_string(i);
      outbox.prepare(block(name, 60));
      outbox.stored(name);
      if (i % 100 == 99) {
        std::vector<Outbox::Waiting> all = outbox.next(200);
        all.erase(all.begin()); // the first one is never confirmed
        outbox.published(all);
        largest = std::max(largest, std::filesystem::file_size(file.path));
      }
    }
    outbox.prepare(block("last", 60));
  }
  CHECK(largest < 2'000'000);
  Outbox outbox(file.path);
  CHECK(outbox.damaged() == 0);
  CHECK(ids(outbox.next(9)) == Ids{"first"});
  CHECK(outbox.unsettled().size() == 1);
  outbox.tell_interval(60, [](const IntervalTotals &totals) {
    CHECK(totals.blocks == 20'001);
    return Notification{"interval:" + totals.last_object, "all"};
  });
  CHECK(outbox.next(9).back().notification.id == "interval:block 19999");
}

TEST_CASE("an outbox whose folder is not there says so in one sentence") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(Outbox(folder / "nowhere/notifications"), doctest::Contains("check its permissions"),
                       OutboxError);
}

TEST_CASE("an outbox of one run begins empty") {
  const File file;
  {
    Outbox outbox(file.path);
    outbox.prepare(block("a"));
    outbox.stored("a");
  }
  Outbox outbox(file.path, Outbox::Lasts::for_this_run);
  CHECK(outbox.waiting() == 0);
  outbox.prepare(block("b"));
  outbox.stored("b");
  CHECK(ids(outbox.next(9)) == Ids{"b"});
}
