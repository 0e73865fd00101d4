// Who publishes: until each notification is confirmed.
#include "notify/notifier.hpp"

#include "blocks/block.hpp"
#include "ledger/manifest.hpp"
#include "notify/untold_blocks.hpp"
#include "support/folder.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// Confirms what the test lets it confirm, and remembers all.
class FakePublisher : public Publisher {
public:
  Outcome publish(std::span<const Notification> notifications) override {
    const std::lock_guard lock(mutex_);
    Outcome outcome;
    for (const Notification &one : notifications) {
      published_.push_back(one.id);
      outcome.confirmed.push_back(works_ && one.id != "stuck");
      if (!outcome.confirmed.back())
        outcome.reason = "it is out of order";
    }
    return outcome;
  }
  void works(bool does) {
    const std::lock_guard lock(mutex_);
    works_ = does;
  }
  std::size_t times(const std::string &id) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(published_.begin(), published_.end(), id));
  }

private:
  mutable std::mutex mutex_;
  bool works_ = true;
  std::vector<std::string> published_;
};

struct Told {
  Folder folder;
  Outbox outbox{folder / "notifications"};
  FakePublisher publisher;
  Counters counters;
  Log log{Level::error, LogFormat::text, ::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  Notifier notifier{{"S", "C", "host", "file", 60s}, outbox, publisher, counters, log, {1ms, 5ms}};

  void store(const std::string &name, std::int64_t interval = 0) {
    outbox.prepare({.notification = {name, "{}"}, .interval_start = interval, .rows = 1, .messages = 1, .bytes = 1});
    notifier.stored(name);
  }
};

} // namespace

TEST_CASE("stored blocks are published once each while all goes well, also those of an earlier run") {
  Told told;
  told.store("earlier");
  told.notifier.start();
  told.store("a");
  told.store("b");
  told.notifier.finish(std::chrono::steady_clock::now() + 10s);
  for (const char *name : {"earlier", "a", "b"})
    CHECK(told.publisher.times(name) == 1);
  CHECK(told.counters.notifications == 3);
  CHECK(told.counters.notifications_waiting == 0);
  CHECK(told.counters.notification_failures == 0);
}

TEST_CASE("what is not confirmed is published again with the same id, and counted, until it is") {
  Told told;
  told.publisher.works(false);
  told.notifier.start();
  told.store("a");
  CHECK(eventually(10s, [&] { return told.publisher.times("a") > 3; }));
  CHECK(told.counters.notification_failures > 2);
  CHECK(told.counters.notifications_waiting == 1);
  told.notifier.finish(std::chrono::steady_clock::now() + 10min); // does not wait for what fails
  told.publisher.works(true);
  CHECK(eventually(10s, [&] { return told.counters.notifications_waiting == 0; }));
  CHECK(told.counters.notifications == 1);
  CHECK(told.outbox.waiting() == 0);
}

TEST_CASE("one that is never confirmed does not keep others from being told") {
  Told told;
  told.notifier.start();
  told.store("stuck");
  told.store("a");
  told.store("b");
  CHECK(eventually(10s, [&] { return told.counters.notifications == 2; }));
  CHECK(told.outbox.waiting() == 1);
}

TEST_CASE("an interval that ended is told with the totals of its blocks, once") {
  Told told;
  told.notifier.start();
  told.store("a", 60);
  told.store("b", 60);
  CHECK(told.notifier.untold_intervals() == std::vector<std::int64_t>{60});
  told.notifier.interval_ended(60);
  told.notifier.interval_ended(60);
  told.notifier.finish(std::chrono::steady_clock::now() + 10s);
  CHECK(told.publisher.times("interval:b") == 1);
  CHECK(told.notifier.untold_intervals().empty());
}

TEST_CASE("who keeps account hears what is confirmed, and holds intervals back that are not whole") {
  Told told;
  UntoldBlocks untold(true);
  Outbox outbox(told.folder / "ordered", Outbox::Lasts::for_this_run);
  Notifier notifier(
      {.stream = "S", .consumer = "C", .host = "ordered", .store = "file", .interval = 60s, .with_totals = false},
      outbox, told.publisher, told.counters, told.log, {1ms, 5ms}, &untold);
  notifier.start();
  const auto store = [&](std::uint64_t number, const std::string &name) {
    BlockLine line;
    line.name = name;
    line.place.interval_start = 60;
    notifier.before_store(line);
    untold.stored({number, name, 60, number});
  };
  store(1, "a");
  store(2, "b");
  untold.declared(1, [&](const std::string &id) { notifier.stored(id); });
  CHECK(notifier.untold_intervals().empty()); // b is on its way
  untold.declared(2, [&](const std::string &id) { notifier.stored(id); });
  CHECK(notifier.untold_intervals() == std::vector<std::int64_t>{60});
  notifier.interval_ended(60);
  std::vector<std::uint64_t> settled;
  CHECK(eventually(10s, [&] {
    for (const std::uint64_t number : untold.take_settled())
      settled.push_back(number);
    return settled.size() == 2;
  }));
  CHECK(told.publisher.times("interval:b") == 1);
}

TEST_CASE("a block is told by its line in a manifest as by itself, and without totals an interval has none") {
  const NotificationNames names = {
      .stream = "S", .consumer = "C", .host = "ordered", .store = "file", .interval = 60s, .with_totals = false};
  BlockLine line;
  line.name = "eu/1.ndjson";
  line.bytes = 5;
  line.reason = "interval";
  line.payloads = 3;
  line.own = {1, 2};
  line.place.interval_start = 60;
  const Notification told = notification_of(line, names);
  CHECK(told.id == "eu/1.ndjson");
  CHECK_MESSAGE(told.body.find("\"rows\":3,\"messages\":2,\"bytes\":5") != std::string::npos, told.body);
  const Notification ended = notification_of(60, {.blocks = 3, .last_object = "a"}, names);
  CHECK(ended.id == "interval:a");
  CHECK_MESSAGE(ended.body.find("blocks") == std::string::npos, ended.body);
  CHECK_MESSAGE(ended.body.find("update") == std::string::npos, ended.body);
}
