// One run of the host: plug-ins loaded, consumer bound, everything checked; then the capture until it ends.
#pragma once

#include "log/log.hpp"

#include <atomic>

namespace jetcapture::host {

struct Settings;

class CallRecord;
class ProcessEnd;

// Exit statuses of the program.
enum ExitStatus {
  exit_done = 0,        // all that was pulled is stored and acked
  exit_returned = 1,    // ended with messages that are not stored, or whose acks are not confirmed: they come again
  exit_not_started = 2, // a wrong flag, plug-in, connection or consumer: nothing was pulled
  exit_failed = 3,      // the capture could not go on
  exit_overtaken = 4    // ordered delivery: another host goes on with the capture
};

// stop: see Capture. calls: where calls into plug-ins are noted. Throws StartupError before the first pull.
ExitStatus run(const Settings &settings, const std::atomic<int> &stop, CallRecord &calls, ProcessEnd &process_end,
               Log &log);

} // namespace jetcapture::host
