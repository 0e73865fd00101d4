// What is known of a running capture at one moment: what metrics, health, page and status are rendered from. Plain
// values.
#pragma once

#include "delivery/delivery.hpp"
#include "progress/counters.hpp"
#include "progress/store_progress.hpp"
#include "progress/totals.hpp"
#include "status/call_watch.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

// What stays the same while a host runs, but for ack_wait and ack_limit: a consumer can be edited.
struct HostFacts {
  std::string version = {};
  std::string abi = {}; // of plug-ins: "1.0"
  std::string stream = {};
  std::string consumer = {};
  std::string delivery = "shared"; // or "ordered"
  std::string machine = {};        // its name
  std::string run = {};            // of the ledger; ordered delivery
  // Where the capture began, with whichever run; 0: not known. Shared delivery: the consumer tells.
  std::optional<std::uint64_t> begins_at = {};
  std::string decoder = {};
  std::string writer = {};
  std::string store = {};
  std::chrono::nanoseconds max_age{};
  std::chrono::nanoseconds ack_wait{};
  std::uint64_t ack_limit = 0; // max_ack_pending; 0: no limit
  std::uint64_t memory_limit = 0;
  std::uint64_t spool_limit = 0;            // 0: no limit but the disk's
  std::chrono::nanoseconds store_timeout{}; // of one put
  // With --parallel-backlog: the sequences that this host captures now, and how many claims are done; 0: there are
  // none.
  std::uint64_t claim_first = 0;
  std::uint64_t claim_last = 0;
  std::uint64_t claims_done = 0;
};

// What a host that stands by knows of the one that owns the capture.
struct OwnerSeen {
  std::string machine = {}; // its name; empty: not known
  std::string run = {};
  std::uint64_t starts = 0;              // runs of the capture that have begun, with the owner's
  std::uint64_t floor = 0;               // of the owner's last manifest
  std::int64_t since = 0;                // nanoseconds since 1970: this host stands by
  double silent = 0;                     // seconds since the owner last showed that it lives
  std::chrono::nanoseconds takes_over{}; // after so long a silence
  std::string problem = {};              // why the store can't be asked for the owner; empty: it can
};

// With what all captures of the process have counted.
struct Snapshot : Totals {
  HostFacts facts;
  std::int64_t time = 0; // nanoseconds since 1970
  double uptime = 0;     // seconds, as all times below
  Phase phase = Phase::starting;
  std::string failure;   // why the capture can't go on; empty: it can
  double since_beat = 0; // since the capture thread last showed that it is making progress
  OwnerSeen owner;       // while it stands by

  std::uint64_t starts = 0;              // runs of the capture that have begun, with this one; ordered delivery
  std::uint64_t possibly_lost_first = 0; // the sequences among which these are
  std::uint64_t possibly_lost_last = 0;
  std::uint64_t keep_alives = 0;
  double messages_per_second = 0; // of the last seconds
  double bytes_per_second = 0;

  std::uint64_t in_flight = 0;
  std::uint64_t open_blocks = 0;
  std::uint64_t acking_blocks = 0;
  std::uint64_t memory = 0;
  std::uint64_t spool = 0;
  std::uint64_t journal = 0;
  std::uint64_t journal_pending = 0; // bytes that are not written yet
  std::string journal_problem;       // why it can't be written; empty: nothing is known to be wrong
  bool paused = false;
  StageWaits::Wait wait;        // of the message that waits longest for its decoder or writer; no stage: none does
  double waits = 0;             // for how long
  std::vector<LongCall> calls;  // into plug-ins, in progress; longest first
  double longest_in_flight = 0; // since the oldest block that is not stored was opened

  std::uint64_t notifications_waiting = 0;
  StoreProgress::Snapshot store;

  Delivery::Vitals delivery;
  bool consumer_known = false;               // it was asked, and answered not long ago
  std::uint64_t not_acked = 0;               // delivered to any host, when it was last asked
  double ack_budget = 0;                     // used, of 1; 0 where there is no limit
  std::optional<std::uint64_t> lag_messages; // none: not known, as while NATS is not connected
  double lag_seconds = 0;                    // with lag_messages
  double oldest_unstored = 0;                // of the messages that are known
  std::uint64_t safe_sequence = 0;
  Delivery::Coverage coverage;          // what safe_sequence is said of
  std::uint64_t unstored_elsewhere = 0; // in flight at other hosts or of earlier runs, as far as is sure
  double clock_behind = 0;              // the host's, of the server's; negative: it is ahead
  std::uint64_t uncertain_records = 0;  // of the journal, damaged
  double since_message = 0;             // since a message last came
};

} // namespace jetcapture::host
