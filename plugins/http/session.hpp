// Requests to a service: several at once from one thread, each tried again while that may help, over connections that
// are kept.
#pragma once

#include "http/message.hpp"
#include "http/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// How long a call may go on. Looked at several times a second.
struct TimeLimit {
  Host host;
  std::int64_t deadline = INT64_MAX; // CLOCK_MONOTONIC, nanoseconds
  bool heeds_cancel = true;

  // Throws Retry when the deadline has passed or the host wants to end.
  void check() const;
  bool is_over() const;
  // As this one, but at most so long from now.
  TimeLimit at_most(std::chrono::nanoseconds duration) const;
  // A short one of its own, for tidying up after the other is over.
  TimeLimit for_tidying() const;
};

// One thing asked of the service.
struct Call {
  std::function<Request()> request; // made anew for each try: its signature has a time
  std::function<Verdict(const Answer &)> judge;
};

// Tries, pauses, stalls.
struct Persistence {
  unsigned tries = 5;
  std::chrono::milliseconds first_pause{200};
  std::chrono::milliseconds longest_pause{5'000};
  std::chrono::seconds stall{30};
};

// As the option stall-timeout says; never below a second.
Persistence persistence_of(const Options &options);

// Any thread; each call of run() has connections of its own, taken over from an earlier one that is over.
class Sessions {
public:
  explicit Sessions(Persistence persistence);
  ~Sessions();
  Sessions(const Sessions &) = delete;
  Sessions &operator=(const Sessions &) = delete;

  // Asks for calls until there are none, and makes up to most at once, all from this thread. Throws Retry when one was
  // tried often enough, when a service asks to wait past the deadline, or as time_limit says; and what judge()
  // throws. All is ended then.
  void run(unsigned most, const std::function<std::optional<Call>()> &next, const TimeLimit &time_limit);
  void run(const Call &call, const TimeLimit &time_limit);

private:
  class Lane;
  const Persistence persistence_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> idle_;
};

} // namespace jetcapture::plugins
