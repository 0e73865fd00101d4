#include "process_end.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_start = 5s;
constexpr auto after_drain = 10s;
constexpr auto longest_call = 1s;
constexpr auto longest_end = 5s;

constexpr std::array crashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// What exit handlers and signal handlers can reach. Set while a ProcessEnd lives, by the process that has it.
std::atomic<Log *> log_of_process{nullptr};
std::atomic<pid_t> process{0};
std::array<struct sigaction, crashes.size()> handlers_before;

// Notes the call, and leaves the signal to whoever had it before: by default, the end with a core dump.
void on_crash(int signal, siginfo_t *info, void *) {
  if (::getpid() == process.load())
    CallRecord::ends_here(signal);
  for (std::size_t i = 0; i < crashes.size(); i++)
    if (crashes[i] == signal)
      ::sigaction(signal, &handlers_before[i], nullptr);
  // A fault comes again by itself when this returns.
  if (info->si_code <= 0)
    ::raise(signal);
}

// A plug-in ends the process: says so, and ends it as a failure. Returns where that is the host's own wish, or a
// child's.
void refuse_end(const char *function) {
  Log *const log = ::getpid() == process.load() ? log_of_process.load() : nullptr;
  if (log == nullptr)
    return;
  const std::optional<CallInProgress> call = CallRecord::ends_here(0);
  if (call)
    log->error("a plug-in ended the process, which it must never do: ask its author",
               {{"called", function},
                {"stage", stage_of(call->call)},
                {"function", function_of(call->call)},
                {"sequence", call->sequence}});
  else
    log->error("the process was ended by a thread of a plug-in or of a library", {{"called", function}});
  ProcessEnd::now(exit_failed);
}

void on_exit() {
  refuse_end("exit()");
}

void on_quick_exit() {
  refuse_end("quick_exit()");
}

} // namespace

ProcessEnd::ProcessEnd(Log &log, const CallRecord &calls) : log_(log), watch_(calls) {
  static const bool registered = std::atexit(&on_exit) == 0 && std::at_quick_exit(&on_quick_exit) == 0;
  static_cast<void>(registered);
  process = ::getpid();
  log_of_process = &log;
  for (std::size_t i = 0; i < crashes.size(); i++) {
    struct sigaction action {};
    action.sa_sigaction = &on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigaction(crashes[i], &action, &handlers_before[i]);
  }
}

ProcessEnd::~ProcessEnd() {
  log_of_process = nullptr;
  for (std::size_t i = 0; i < crashes.size(); i++)
    ::sigaction(crashes[i], &handlers_before[i], nullptr);
}

void ProcessEnd::now(int status) {
  while (true)
    ::syscall(SYS_exit_group, status);
}

void ProcessEnd::capture_begins(const Counters &counters, std::chrono::nanoseconds drain_timeout) {
  const MutexLock lock(mutex_);
  counters_ = &counters;
  drain_timeout_ = drain_timeout;
}

void ProcessEnd::goes_on() {
  const MutexLock lock(mutex_);
  counters_ = nullptr;
}

void ProcessEnd::capture_ended(ExitStatus status) {
  const MutexLock lock(mutex_);
  counters_ = nullptr;
  status_ = status;
  ended_ = Clock::now();
}

void ProcessEnd::check(int times_asked) {
  const MutexLock lock(mutex_);
  const Clock::time_point now = Clock::now();
  calls_ = watch_.look(now);
  if (!asked_)
    asked_ = now;
  if (times_asked > 1 && !asked_again_)
    asked_again_ = now;
  if (status_) {
    if (now - ended_ > longest_end && now - *asked_ > longest_end)
      give_up(*status_, "the capture has ended, but something keeps the process from ending");
  } else if (counters_ == nullptr) {
    if (asked_again_ || now - *asked_ > longest_start)
      give_up(exit_not_started, "the start was cut short");
  } else if (asked_again_ && now - *asked_again_ > longest_call) {
    // A store that does not return is left alone by the capture itself.
    const bool in_the_way = std::any_of(calls_.begin(), calls_.end(), [](const LongCall &call) {
      return call.at.call != StageCall::store_put && call.lasts > longest_call / 2;
    });
    if (in_the_way || now - *asked_again_ > longest_end)
      give_up(exit_returned, "stopped at once, without draining: messages that are given up are delivered again");
  } else if (now - *asked_ > drain_timeout_ + after_drain) {
    give_up(exit_returned, "--drain-timeout is over, but something keeps the host from ending: messages that are given "
                           "up are delivered again");
  }
}

void ProcessEnd::give_up(ExitStatus status, std::string_view sentence) {
  const std::uint64_t given_up = counters_ == nullptr ? 0 : counters_->in_flight.load();
  if (calls_.empty())
    log_.error(sentence, {{"given_up", given_up}});
  else
    log_.error(sentence, {{"stage", stage_of(calls_.front().at.call)},
                          {"function", function_of(calls_.front().at.call)},
                          {"sequence", calls_.front().at.sequence},
                          {"call_seconds", std::chrono::nanoseconds(calls_.front().lasts)},
                          {"given_up", given_up}});
  now(status);
}

} // namespace jetcapture::host

// Before those of the C library for every plug-in: a library that is loaded looks for its symbols in the executable
// first.
extern "C" {

__attribute__((noreturn)) void _exit(int status) {
  jetcapture::host::refuse_end("_exit()");
  jetcapture::host::ProcessEnd::now(status);
}

__attribute__((noreturn)) void _Exit(int status) noexcept {
  jetcapture::host::refuse_end("_Exit()");
  jetcapture::host::ProcessEnd::now(status);
}
}
