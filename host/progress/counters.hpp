// What a capture has done so far, and what it holds now. Any thread reads.
//
// What changes with each message is counted by the capture thread in plain numbers and published here some fifty times
// a second.
#pragma once

#include "progress/failure.hpp"
#include "progress/stage_waits.hpp"
#include "progress/store_progress.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace jetcapture::host {

// standing_by: another host owns the capture.
enum class Phase { standing_by, starting, capturing, draining, ended };

struct Counters {
  // [capture thread] publishes
  std::atomic<Phase> phase{Phase::starting};
  // When the capture thread last showed that it is making progress, by the steady clock.
  std::atomic<std::chrono::steady_clock::time_point> last_beat{std::chrono::steady_clock::now()};
  std::atomic<std::uint64_t> starts{0};        // runs of the capture that have begun, with this one; ordered delivery
  std::atomic<std::uint64_t> messages{0};      // taken: written, filtered or quarantined; without redeliveries
  std::atomic<std::uint64_t> message_bytes{0}; // of their data
  std::atomic<std::uint64_t> rows{0};          // payloads written into blocks
  std::atomic<std::uint64_t> redeliveries{0};  // of messages in flight or stored, which were dropped
  std::atomic<std::uint64_t> filtered{0};      // gave no item
  std::atomic<std::uint64_t> bad{0};           // can't be decoded or written
  std::atomic<std::uint64_t> quarantined{0};   // of them, into the quarantine
  std::atomic<std::uint64_t> terminated{0};    // of them, terminated
  std::atomic<std::uint64_t> lost{0};          // gone from the stream before they were captured
  // Perhaps gone before: at most so many more, among these sequences.
  std::atomic<std::uint64_t> possibly_lost{0};
  std::atomic<std::uint64_t> possibly_lost_first{0};
  std::atomic<std::uint64_t> possibly_lost_last{0};
  std::atomic<std::uint64_t> acked{0};       // confirmed
  std::atomic<std::uint64_t> keep_alives{0}; // messages that the server was told are being worked on
  std::atomic<std::uint64_t> in_flight{0};   // pulled, and their acks not confirmed
  std::atomic<std::uint64_t> open_blocks{0};
  std::atomic<std::uint64_t> memory{0};                  // bytes of blocks
  std::atomic<bool> paused{false};                       // pulling waits for memory
  std::atomic<std::int64_t> newest_timestamp{INT64_MIN}; // of a message taken; nanoseconds since 1970
  // Of the open blocks: the oldest message, and when the first was opened; the greatest values: there is none.
  std::atomic<std::int64_t> oldest_open_timestamp{INT64_MAX};
  std::atomic<std::chrono::steady_clock::time_point> oldest_opened{std::chrono::steady_clock::time_point::max()};
  // By how much the host's clock is behind the server's, as far as messages tell.
  std::atomic<std::chrono::nanoseconds> clock_behind{std::chrono::nanoseconds(0)};

  // [store threads] add
  std::atomic<std::uint64_t> blocks_stored{0};
  std::atomic<std::uint64_t> bytes_written{0}; // of stored blocks, before compression
  std::atomic<std::uint64_t> bytes_stored{0};
  std::atomic<std::uint64_t> store_failures{0};
  std::atomic<std::uint64_t> acking_blocks{0}; // stored, and not all their acks are confirmed

  // [notify thread]
  std::atomic<std::uint64_t> notifications{0};         // published and confirmed
  std::atomic<std::uint64_t> notification_failures{0}; // attempts after which some were not confirmed
  std::atomic<std::uint64_t> notifications_waiting{0}; // to be published

  StoreProgress store;
  StageWaits waits; // of decoders and writers
  Failure failure;  // once the capture can't go on

  void beat() { last_beat.store(std::chrono::steady_clock::now(), std::memory_order_relaxed); }
};

} // namespace jetcapture::host
