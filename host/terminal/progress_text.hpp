// The progress line's text: what a capture does, from looks at it that follow each other.
//
//   ORDERS  81,300 msg/s  12.4 MiB/s  lag 1,204,331 (4m10s behind)  caught up in 15s  blocks 12 open, 3 storing, 120
//           stored
//   ORDERS  STORE FAILING for 35s: No space left on device  3,000 in flight …
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace jetcapture::host {

// One look.
struct Progress {
  bool connected = true;
  bool draining = false;
  bool paused = false;                                 // pulling waits for memory
  std::uint64_t messages = 0;                          // taken so far
  std::uint64_t message_bytes = 0;                     // of their data
  std::uint64_t in_flight = 0;                         // taken, and not acked
  std::optional<std::uint64_t> lag = {};               // in the stream, not yet delivered; nullopt: not known now
  std::optional<std::chrono::nanoseconds> behind = {}; // the age of the newest message taken
  std::uint64_t open_blocks = 0;
  std::uint64_t storing_blocks = 0; // sealed, not yet stored
  std::uint64_t stored_blocks = 0;
  std::string journal_trouble = {}; // why the journal can't be written; empty: it can
  std::string store_trouble = {};   // why the store does not work now; empty: it works
};

class ProgressText {
public:
  explicit ProgressText(std::string stream) : stream_(std::move(stream)) {}

  // Takes a look, and says how things stand. Rates are of the last five seconds. No longer than columns; colour:
  // trouble in bold red.
  std::string line(const Progress &now, std::chrono::steady_clock::time_point time, std::size_t columns, bool colour);

private:
  struct Look {
    std::chrono::steady_clock::time_point time;
    std::uint64_t messages;
    std::uint64_t message_bytes;
    std::optional<std::uint64_t> lag;
  };
  void remember(const Progress &now, std::chrono::steady_clock::time_point time);
  std::string trouble(const Progress &now, std::chrono::steady_clock::time_point time);
  std::string lag_text(const Progress &now) const;

  std::string stream_;
  std::deque<Look> looks_;
  std::optional<std::chrono::steady_clock::time_point> trouble_since_;
};

} // namespace jetcapture::host
