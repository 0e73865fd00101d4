#include "terminal/progress_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace jetcapture::host;
using namespace std::chrono_literals;

namespace {

struct Watch {
  ProgressText text{"ORDERS"};
  std::chrono::steady_clock::time_point time{};
  Progress now;

  std::string look(std::chrono::milliseconds later = 0ms, std::size_t columns = 200, bool colour = false) {
    time += later;
    return text.line(now, time, columns, colour);
  }
};

bool has(const std::string &line, const std::string &part) {
  return line.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the first look says that it starts") {
  Watch watch;
  watch.now.lag = 5000;
  CHECK(watch.look() == "ORDERS  starting  lag 5,000  blocks 0 open, 0 storing, 0 stored");
}

TEST_CASE("under load it tells rate, lag, the time to catch up and blocks") {
  Watch watch;
  watch.now.lag = 100'000;
  watch.look();
  watch.now = {.messages = 20'000,
               .message_bytes = 2 << 20,
               .lag = 90'000,
               .behind = 250s,
               .open_blocks = 12,
               .storing_blocks = 3,
               .stored_blocks = 1200};
  CHECK(watch.look(2s) == "ORDERS  10,000 msg/s  1.0 MiB/s  lag 90,000 (4m10s behind)  caught up in 18s  "
                          "blocks 12 open, 3 storing, 1,200 stored");
}

TEST_CASE("rates are of the last five seconds, so that a stop is seen") {
  Watch watch;
  watch.look();
  watch.now.messages = 10'000;
  CHECK(has(watch.look(1s), "10,000 msg/s"));
  for (int i = 0; i < 4; i++)
    watch.look(1s);
  CHECK(has(watch.look(1s), "  0 msg/s"));
}

TEST_CASE("a lag that grows is told from one that stays and from none") {
  Watch watch;
  watch.now.lag = 1000;
  watch.look();
  watch.now.lag = 3000;
  CHECK(has(watch.look(1s), "falling behind"));
  for (int i = 0; i < 6; i++)
    watch.look(1s);
  CHECK(has(watch.look(), "not catching up"));
  watch.now.lag = 0;
  CHECK(has(watch.look(1s), "up to date"));
  watch.now.lag.reset();
  CHECK_FALSE(has(watch.look(1s), "lag"));
}

TEST_CASE("what is on its way here is no lag") {
  Watch watch;
  watch.now.lag = 0;
  watch.look();
  watch.now.messages = 10'000;
  watch.now.lag = 4'000;
  CHECK(has(watch.look(1s), "up to date"));
  watch.now.messages = 20'000;
  watch.now.lag = 40'000;
  CHECK(has(watch.look(1s), "lag 40,000"));
}

TEST_CASE("a journal that can't be written is told as such, and the store is not blamed for it") {
  Watch watch;
  watch.look();
  watch.now.journal_trouble = "the journal /x can't be written";
  watch.look(1s);
  CHECK(has(watch.look(1s), "JOURNAL FAILING for 1s: the journal /x can't be written"));
}

TEST_CASE("a store that fails is told first, with its reason and since when, and no more once it works") {
  Watch watch;
  watch.now.stored_blocks = 7;
  watch.look();
  watch.now.store_trouble = "can't write /mnt/backup: No space left on device";
  watch.now.in_flight = 3000;
  watch.look(1s);
  CHECK(watch.look(95s) == "ORDERS  STORE FAILING for 1m35s: can't write /mnt/backup: No space left on device  "
                           "3,000 in flight  blocks 0 open, 0 storing, 7 stored");
  watch.now.store_trouble.clear();
  CHECK(has(watch.look(1s), "msg/s"));
  watch.now.store_trouble = "again";
  CHECK(has(watch.look(1s), "STORE FAILING for 0s: again"));
}

TEST_CASE("a lost connection and a pause are told") {
  Watch watch;
  watch.look();
  watch.now.connected = false;
  CHECK(has(watch.look(1s), "NATS DISCONNECTED for 0s"));
  watch.now.connected = true;
  watch.now.paused = true;
  CHECK(has(watch.look(2s), "PAUSED for 2s"));
}

TEST_CASE("while it drains it tells what is left to do") {
  Watch watch;
  watch.look();
  watch.now = {.draining = true, .in_flight = 1200, .open_blocks = 0, .storing_blocks = 3, .stored_blocks = 9};
  CHECK(watch.look(1s) == "ORDERS  stopping  1,200 in flight  blocks 0 open, 3 storing, 9 stored");
}

TEST_CASE("a line is never wider than the terminal, and the reason gives way to the figures") {
  Watch watch;
  watch.now.lag = 5;
  watch.now.store_trouble = std::string(500, 'x');
  watch.look();
  for (const std::size_t columns : {1, 10, 40, 80, 120, 200}) {
    CAPTURE(columns);
    const std::string line = watch.look(0ms, columns);
    CHECK(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }) <=
          static_cast<std::ptrdiff_t>(columns));
  }
  CHECK(has(watch.look(0ms, 120), "xxx…  0 in flight"));
  CHECK(has(watch.look(0ms, 120), "0 stored"));
  watch.now.store_trouble = "\xc3\xa4\xc3\xa4\xc3\xa4 full";
  CHECK(has(watch.look(0ms, 200), "\xc3\xa4\xc3\xa4\xc3\xa4 full"));
}

TEST_CASE("no control character reaches the terminal, and only trouble is coloured") {
  Watch watch;
  CHECK_FALSE(has(watch.look(0ms, 200, true), "\x1b"));
  watch.now.store_trouble = "a\x1b[2Jb\r\n\xc2\x9b"
                            "c";
  CHECK(has(watch.look(), ": a?[2Jb???c"));
  const std::string coloured = watch.look(0ms, 200, true);
  CHECK(coloured.starts_with("ORDERS  \x1b[1;31mSTORE FAILING for 0s: a?[2Jb???c\x1b[0m  0 in flight"));
}
