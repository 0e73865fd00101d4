#include "signals.hpp"

#include "log/line.hpp"
#include "threads/thread.hpp"

#include <ctime>
#include <exception>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

// After the second signal the system ends the process (SIGALRM), whatever else is stuck.
constexpr unsigned seconds_at_most = 15;

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

Signals::Signals(Log &log, Level level, std::function<Reread()> reread, std::function<void(int times)> asked_to_stop)
    : log_(log), level_(level), reread_(std::move(reread)), asked_to_stop_(std::move(asked_to_stop)) {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
    sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  thread_ = start_thread([this](const std::stop_token &ending) { run(ending); });
}

Signals::~Signals() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), SIGUSR2);
}

void Signals::run(const std::stop_token &ending) {
  pthread_setname_np(pthread_self(), "signals");
  constexpr std::timespec between_looks = {0, 100'000'000};
  while (!ending.stop_requested()) {
    const int signal = stop_.load() == 0 ? sigwaitinfo(&set_, nullptr) : sigtimedwait(&set_, nullptr, &between_looks);
    if (ending.stop_requested())
      return;
    if (signal > 0)
      take(signal);
    if (const int times = stop_.load(); times > 0)
      asked_to_stop_(times);
  }
}

void Signals::take(int signal) {
  if (signal == SIGUSR1) {
    set_level(Level::debug, "SIGUSR1");
  } else if (signal == SIGUSR2) {
    set_level(level_, "SIGUSR2");
  } else if (signal == SIGHUP && reread_) {
    reload();
  } else {
    // Before the log, which may have a reader that is stuck.
    const int before = stop_++;
    if (before > 0)
      ::alarm(seconds_at_most);
    log_.info(before == 0 ? "stopping: storing and acking what is in flight; a second signal stops at once"
                          : "stopping at once",
              {{"signal", name_of(signal)}});
  }
}

// Said at the more talkative of both levels, so that it is seen.
void Signals::set_level(Level level, const char *signal) {
  const bool before = log_.enabled(Level::info);
  if (before)
    log_.info("the log level is set", {{"signal", signal}, {"log_level", to_string(level)}});
  log_.set_level(level);
  if (!before)
    log_.info("the log level is set", {{"signal", signal}, {"log_level", to_string(level)}});
}

void Signals::reload() {
  try {
    const Reread now = reread_();
    level_ = now.level;
    set_level(level_, "SIGHUP");
    if (!now.waiting.empty())
      log_.warn("settings have changed that count from the next start on", {{"settings", now.waiting}});
  } catch (const std::exception &error) {
    log_.warn("the log level stays as it is: the settings can't be read again", {{"reason", error.what()}});
  }
}

} // namespace jetcapture::host
