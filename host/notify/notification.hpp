// What --notify-subject tells, as JSON. README.md describes it for who reads it.
#pragma once

#include "blocks/block.hpp"
#include "delivery/publisher.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace jetcapture::host {

struct BlockLine;

// Of all notifications of a capture.
struct NotificationNames {
  std::string stream;
  std::string consumer;
  std::string host; // of the chain of manifests
  std::string store;
  std::chrono::nanoseconds interval{}; // --max-age
  // False: a complete interval is told without what is stored of it, since other hosts may have stored some.
  bool with_totals = true;
};

// What is stored of one interval.
struct IntervalTotals {
  std::uint64_t blocks = 0;
  std::uint64_t rows = 0;
  std::uint64_t messages = 0; // one in several blocks counts in each
  std::uint64_t bytes = 0;
  std::uint64_t told = 0;       // how often it was told to be complete
  bool has_more = false;        // than when it was told last
  std::string last_object = {}; // which no other interval has
};

// Its id is the name of the object. The body of the block is complete.
Notification notification_of(const SealedBlock &block, const NotificationNames &names);
Notification notification_of(const BlockLine &line,
                             const NotificationNames &names); // the same, of a line that lists it
Notification notification_of(std::int64_t interval_start, const IntervalTotals &totals, const NotificationNames &names);

} // namespace jetcapture::host
