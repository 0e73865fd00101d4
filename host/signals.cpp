#include "signals.hpp"

#include "log/line.hpp"

#include <exception>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {

const char *name_of(int signal) {
  switch (signal) {
  case SIGTERM:
    return "SIGTERM";
  case SIGINT:
    return "SIGINT";
  default:
    return "SIGHUP";
  }
}

} // namespace

Signals::Signals(Log &log, Level level, std::function<Level()> read_level)
    : log_(log), level_(level), read_level_(std::move(read_level)) {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
    sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  thread_ = std::jthread([this](const std::stop_token &ending) { run(ending); });
}

Signals::~Signals() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), SIGUSR2);
}

void Signals::run(const std::stop_token &ending) {
  pthread_setname_np(pthread_self(), "signals");
  int signal = 0;
  while (sigwait(&set_, &signal) == 0 && !ending.stop_requested())
    take(signal);
}

void Signals::take(int signal) {
  if (signal == SIGUSR1) {
    set_level(Level::debug, "SIGUSR1");
  } else if (signal == SIGUSR2) {
    set_level(level_, "SIGUSR2");
  } else if (signal == SIGHUP && read_level_) {
    reload();
  } else {
    log_.info(stop_.load() == 0 ? "stopping: storing and acking what is held; a second signal stops at once"
                                : "stopping at once",
              {{"signal", name_of(signal)}});
    stop_++;
  }
}

// Said at the more talkative of both levels, so that it is seen.
void Signals::set_level(Level level, const char *signal) {
  const bool before = log_.enabled(Level::info);
  if (before)
    log_.info("the log's level is set", {{"signal", signal}, {"log_level", to_string(level)}});
  log_.set_level(level);
  if (!before)
    log_.info("the log's level is set", {{"signal", signal}, {"log_level", to_string(level)}});
}

void Signals::reload() {
  try {
    level_ = read_level_();
    set_level(level_, "SIGHUP");
  } catch (const std::exception &error) {
    log_.warn("the log's level stays as it is: the settings can't be read again", {{"reason", error.what()}});
  }
}

} // namespace jetcapture::host
