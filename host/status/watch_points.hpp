// Warnings before something fails: each is logged when it begins, again from time to time while it lasts, and when it
// is over.
//
// Clocks are those of the snapshots. One thread.
#pragma once

#include "log/log.hpp"
#include "status/snapshot.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace jetcapture::host {

class WatchPoints {
public:
  explicit WatchPoints(Log &log) : log_(log) {}

  // About once a second.
  void look(const Snapshot &snapshot);

private:
  enum Point : std::size_t {
    ack_budget,
    ack_wait,
    spool,
    lag,
    oldest,
    slow_store,
    hanging_store,
    hanging_call,
    wrong_clock,
    elsewhere,
    points
  };
  struct State {
    double since = -1;   // uptime; negative: it is not so
    double told_at = -1; // uptime; negative: not told
  };
  struct LagSample {
    double at; // uptime
    std::uint64_t messages;
  };
  struct StoreSample {
    double at; // uptime
    std::uint64_t puts;
    double seconds;
  };

  bool lag_grows(const Snapshot &snapshot);
  double seconds_a_put(const Snapshot &snapshot);
  // so: the condition. least_seconds: how long it has to last.
  void point(Point which, const Snapshot &snapshot, bool so, double least_seconds, std::string_view sentence,
             std::string_view over, std::initializer_list<Field> fields);

  Log &log_;
  std::array<State, points> states_;
  std::deque<LagSample> lags_;   // one in half a minute, oldest first
  std::deque<StoreSample> puts_; // of the last minute, oldest first
};

} // namespace jetcapture::host
