// What a host that stands by answers those who watch it: for whom, since when, and whether that one still lives.
#pragma once

#include "log/log.hpp"
#include "ordered/standby.hpp"
#include "status/http_server.hpp"
#include "status/snapshot.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::host {

class StandbyView {
public:
  // facts: of this host. The log outlives it.
  StandbyView(HostFacts facts, std::chrono::nanoseconds takeover_after, const Log &log);

  // [any-thread] What is known of the owner now.
  void see(const Standby::Seen &seen);
  // [any-thread] The answer at that path, and what /events sends.
  HttpAnswer answer(std::string_view path) const;
  std::string event() const;

private:
  Snapshot look() const;

  const HostFacts facts_;
  const Log &log_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  mutable Mutex mutex_;
  OwnerSeen owner_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point last_sign_ GUARDED_BY(mutex_) = begin_;
};

} // namespace jetcapture::host
