// Ends of the process that do not come from main(): a plug-in that ends it, crashes, or keeps it from ending.
//
//   exit(), _exit(), _Exit(), quick_exit() in a plug-in   one line that says which call at which message, and exit
//                                                         status 3
//   a crash                                                the call is noted in the record, for the next run
//   a call that does not return when asked to stop         one line, and the end: see check()
//
// While an object of this class lives (one at a time), the process ends through it. The executable exports _exit and
// _Exit, so that plug-ins call these; children of fork() have the usual ones.
#pragma once

#include "log/log.hpp"
#include "plugins/call_record.hpp"
#include "progress/counters.hpp"
#include "run.hpp"
#include "status/call_watch.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace jetcapture::host {

class ProcessEnd {
public:
  ProcessEnd(Log &log, const CallRecord &calls);
  ~ProcessEnd();
  ProcessEnd(const ProcessEnd &) = delete;
  ProcessEnd &operator=(const ProcessEnd &) = delete;

  // Ends the process at once: nothing is destroyed, flushed or waited for.
  [[noreturn]] static void now(int status);

  // [main thread] The capture begins, and will drain for no longer than that; it has ended, and another one begins; it
  // has ended, and the process is to end with that status.
  void capture_begins(const Counters &counters, std::chrono::nanoseconds drain_timeout);
  void goes_on();
  void capture_ended(ExitStatus status);

  // [signals thread] To be called again and again once the host was asked to stop, with how often. Ends the process,
  // with a last line,
  //   before the capture   five seconds after the first time, at the second time at once
  //   while capturing      ten seconds after the time to drain is over; one second after the second time where a
  //                        plug-in is in the way, else after five
  //   after it             five seconds after it ended
  void check(int times_asked);

private:
  using Clock = std::chrono::steady_clock;
  Mutex mutex_;
  [[noreturn]] void give_up(ExitStatus status, std::string_view sentence) NEEDS_LOCK(mutex_);

  Log &log_;
  CallWatch watch_;
  std::vector<LongCall> calls_; // as seen last
  const Counters *counters_ GUARDED_BY(mutex_) = nullptr;
  std::chrono::nanoseconds drain_timeout_ GUARDED_BY(mutex_){};
  std::optional<ExitStatus> status_ GUARDED_BY(mutex_);
  Clock::time_point ended_ GUARDED_BY(mutex_);
  std::optional<Clock::time_point> asked_ GUARDED_BY(mutex_);
  std::optional<Clock::time_point> asked_again_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
