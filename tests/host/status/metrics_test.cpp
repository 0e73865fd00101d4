#include "status/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <string>

using namespace jetcapture::host;

namespace {

// The value in the line that begins with this name and its labels; -1 where there is none.
double value(const std::string &text, const std::string &name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + " ") || line.starts_with(name + "{"))
      return std::stod(line.substr(line.rfind(' ') + 1));
  return -1;
}

} // namespace

TEST_CASE("every figure of a snapshot stands in its metric") {
  Snapshot snapshot;
  snapshot.facts = {.version = "1.2.3",
                    .abi = "1.0",
                    .stream = "S",
                    .consumer = "C",
                    .decoder = "json",
                    .writer = "csv",
                    .store = "file",
                    .ack_limit = 1000,
                    .memory_limit = 64,
                    .spool_limit = 128};
  snapshot.messages = 9007199254740993; // more than a double tells apart: the nearest one
  snapshot.rows = 7;
  snapshot.in_flight = 12;
  snapshot.open_blocks = 3;
  snapshot.acking_blocks = 2;
  snapshot.store.waiting = 4;
  snapshot.store.storing = 1;
  snapshot.store.failing = true;
  snapshot.failure = "the stream is gone";
  snapshot.store.sealed_by_reason[static_cast<std::size_t>(SealReason::memory)] = 5;
  snapshot.ack_budget = 0.25;
  snapshot.lag_messages = 99;
  snapshot.oldest_unstored = 1.5;
  snapshot.safe_sequence = 1234567;
  snapshot.lost = 3;
  snapshot.possibly_lost = 4;
  snapshot.unstored_elsewhere = 6;
  snapshot.uncertain_records = 2;
  snapshot.journal_pending = 120;
  snapshot.journal_problem = "no room";
  snapshot.clock_behind = -2.5;
  snapshot.coverage.filters = {"a", "b"};
  snapshot.coverage.first_sequence = 5;
  const std::string text = metrics_text(snapshot);
  CAPTURE(text);
  CHECK(value(text, R"(jetcapture_build_info{version="1.2.3",abi="1.0"})") == 1);
  CHECK(
      value(text,
            R"(jetcapture_info{stream="S",consumer="C",delivery="shared",decoder="json",writer="csv",store="file"})") ==
      1);
  CHECK(value(text, "jetcapture_messages_total") == 9007199254740992.0);
  CHECK(value(text, "jetcapture_rows_total") == 7);
  CHECK(value(text, "jetcapture_in_flight_messages") == 12);
  CHECK(value(text, R"(jetcapture_blocks{state="open"})") == 3);
  CHECK(value(text, R"(jetcapture_blocks{state="sealed"})") == 4);
  CHECK(value(text, R"(jetcapture_blocks{state="storing"})") == 1);
  CHECK(value(text, R"(jetcapture_blocks{state="acking"})") == 2);
  CHECK(value(text, R"(jetcapture_blocks_sealed_total{reason="memory"})") == 5);
  CHECK(value(text, R"(jetcapture_blocks_sealed_total{reason="age"})") == 0);
  CHECK(value(text, "jetcapture_store_failing") == 1);
  CHECK(value(text, "jetcapture_capture_failed") == 1);
  CHECK(value(text, "jetcapture_store_refused") == 0);
  CHECK(value(text, "jetcapture_ack_pending_limit") == 1000);
  CHECK(value(text, "jetcapture_ack_budget_ratio") == 0.25);
  CHECK(value(text, "jetcapture_consumer_lag_messages") == 99);
  CHECK(value(text, "jetcapture_oldest_unstored_age_seconds") == 1.5);
  CHECK(value(text, R"(jetcapture_safe_sequence{covers="a, b from sequence 5"})") == 1234567);
  CHECK(value(text, "jetcapture_messages_lost_total") == 3);
  CHECK(value(text, "jetcapture_messages_possibly_lost_total") == 4);
  CHECK(value(text, "jetcapture_unstored_elsewhere_messages") == 6);
  CHECK(value(text, "jetcapture_journal_uncertain_records") == 2);
  CHECK(value(text, "jetcapture_journal_pending_bytes") == 120);
  CHECK(value(text, "jetcapture_journal_failing") == 1);
  CHECK(value(text, "jetcapture_clock_behind_seconds") == -2.5);
  CHECK(value(text, "jetcapture_ready") == 0);
}

TEST_CASE("a lag that is not known is no number") {
  Snapshot snapshot;
  snapshot.phase = Phase::capturing;
  snapshot.lag_seconds = 3;
  std::string text = metrics_text(snapshot);
  CHECK(std::isnan(value(text, "jetcapture_consumer_lag_messages")));
  CHECK(std::isnan(value(text, "jetcapture_consumer_lag_seconds")));
  CHECK(value(text, "jetcapture_connected") == 0);
  snapshot.lag_messages = 0;
  text = metrics_text(snapshot);
  CHECK(value(text, "jetcapture_consumer_lag_messages") == 0);
  CHECK(value(text, "jetcapture_consumer_lag_seconds") == 3);
}

TEST_CASE("the buckets of the store's duration are cumulative and end with all") {
  Snapshot snapshot;
  snapshot.store.took[0] = 2;                            // at most 1 ms
  snapshot.store.took[9] = 3;                            // at most 1 s
  snapshot.store.took[StoreProgress::bounds.size()] = 1; // more than a minute
  snapshot.store.took_seconds = 65.5;
  const std::string text = metrics_text(snapshot);
  const std::string name = "jetcapture_store_duration_seconds";
  CHECK(value(text, name + R"(_bucket{le="0.001"})") == 2);
  CHECK(value(text, name + R"(_bucket{le="0.5"})") == 2);
  CHECK(value(text, name + R"(_bucket{le="1"})") == 5);
  CHECK(value(text, name + R"(_bucket{le="60"})") == 5);
  CHECK(value(text, name + R"(_bucket{le="+Inf"})") == 6);
  CHECK(value(text, name + "_count") == 6);
  CHECK(value(text, name + "_sum") == 65.5);
}

TEST_CASE("what the kernel tells of this process is true") {
  const std::string text = metrics_text(Snapshot());
  CHECK(value(text, "process_resident_memory_bytes") > 1 << 20);
  CHECK(value(text, "process_virtual_memory_bytes") >= value(text, "process_resident_memory_bytes"));
  CHECK(value(text, "process_open_fds") >= 3);
  const double now = static_cast<double>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  CHECK(value(text, "process_start_time_seconds") > now - 600);
  CHECK(value(text, "process_start_time_seconds") <= now + 1);
}

TEST_CASE("a host that stands by tells of its owner, and no figures of a capture that it does not have") {
  Snapshot snapshot;
  snapshot.facts.machine = "eu-1";
  snapshot.facts.run = "7f3a";
  snapshot.starts = 3;
  std::string text = metrics_text(snapshot);
  CHECK(value(text, "jetcapture_standby") == 0);
  CHECK(value(text, "jetcapture_capture_starts") == 3);
  CHECK(value(text, "jetcapture_owner_silent_seconds") == 0);
  CHECK(value(text, R"(jetcapture_owner_info{host="eu-1",run="7f3a"})") == 1);

  snapshot.phase = Phase::standing_by;
  snapshot.owner = {.machine = "eu-2", .run = "c01d", .starts = 4, .silent = 2.5};
  text = metrics_text(snapshot);
  CHECK(value(text, "jetcapture_standby") == 1);
  CHECK(value(text, "jetcapture_capture_starts") == 4);
  CHECK(value(text, "jetcapture_owner_silent_seconds") == 2.5);
  CHECK(value(text, R"(jetcapture_owner_info{host="eu-2",run="c01d"})") == 1);
  CHECK(value(text, "jetcapture_ready") == 0);
  for (const char *figure : {"jetcapture_consumer_lag_messages", "jetcapture_store_failing", "jetcapture_connected",
                             "jetcapture_safe_sequence"})
    CHECK_MESSAGE(value(text, figure) == -1, figure);
}
