// The signals of the program, taken on a thread of its own.
//
//   SIGTERM, SIGINT   the first drains, the second gives up at once
//   SIGUSR1           the log becomes debug
//   SIGUSR2           the log's level is again what it was at the start
//   SIGHUP            log-level is read again from the file of --config, and what else has changed there is named;
//                     without one, or on a terminal that hung up: as SIGTERM
#pragma once

#include "log/log.hpp"

#include <atomic>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace jetcapture::host {

class Signals {
public:
  struct Reread {
    Level level;
    std::string waiting; // names of the settings that have changed, and count from the next start on; "": none
  };
  // reread: what the settings say now; throws StartupError where they can't be read. Empty: SIGHUP is as SIGTERM.
  // asked_to_stop: called with how often, then and ten times a second from then on; it may end the process.
  // Blocks these signals in the thread that makes it: threads begun later leave them to this object. Throws
  // StartupError.
  Signals(Log &log, Level level, std::function<Reread()> reread, std::function<void(int times)> asked_to_stop);
  ~Signals();
  Signals(const Signals &) = delete;
  Signals &operator=(const Signals &) = delete;

  // How often it was asked to stop.
  const std::atomic<int> &stop() const { return stop_; }

private:
  void run(const std::stop_token &ending);
  void take(int signal);
  void set_level(Level level, const char *signal);
  void reload();

  Log &log_;
  Level level_; // to come back to
  std::function<Reread()> reread_;
  std::function<void(int times)> asked_to_stop_;
  sigset_t set_;
  std::atomic<int> stop_{0};
  std::jthread thread_;
};

} // namespace jetcapture::host
