// What the server has said to pull requests instead of giving messages: counted by its text, told in the log, and a
// reason to wait.
//
// One thread notes; what says otherwise, any.
#pragma once

#include "log/log.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace jetcapture::host {

class PullRefusals {
public:
  using Clock = std::chrono::steady_clock;

  // info: the command that shows the consumer.
  PullRefusals(std::string info, Log &log);

  // The server refused a request: how long to wait before the next one. It doubles until over() is called.
  Clock::duration note(int status, const std::string &description, Clock::time_point now = Clock::now());
  // A request was taken: a message came, say.
  void over();

  // [any-thread] How often, by text, as "409 Exceeded MaxWaiting"; a bounded number of them, the rest is "other".
  std::map<std::string, std::uint64_t> counts() const;
  // [any-thread] One sentence while the last request was refused; else empty.
  std::string trouble() const;

private:
  struct Text {
    std::uint64_t count = 0;
    std::optional<Clock::time_point> told;
  };
  const std::string info_;
  Log &log_;
  bool refusing_ = false; // the noting thread's, as pause_
  Clock::duration pause_;
  mutable Mutex mutex_;
  std::map<std::string, Text> texts_ GUARDED_BY(mutex_);
  std::string last_ GUARDED_BY(mutex_); // while refusing
};

} // namespace jetcapture::host
