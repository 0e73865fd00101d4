// What the user of a connection may not do, as the server has said when it was tried.
//
// Any thread. Bounded: what was said longest ago is forgotten.
#pragma once

#include "threads/mutex.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace jetcapture::host {

class PermissionViolations {
public:
  using Clock = std::chrono::steady_clock;

  // error: as the server writes it (server/client.go, pubPermissionViolation, subPermissionViolation). False: it is
  // another error.
  bool note(std::string_view error, Clock::time_point now = Clock::now());

  // Whether publishing to a subject that begins so was refused at that moment or later; the same of subscribing.
  bool publish_refused(std::string_view beginning, Clock::time_point since) const;
  bool subscribe_refused(std::string_view beginning, Clock::time_point since) const;

private:
  using Subjects = std::map<std::string, Clock::time_point, std::less<>>;
  static void note_subject(Subjects &subjects, std::string_view subject, Clock::time_point now);
  bool refused(const Subjects &subjects, std::string_view beginning, Clock::time_point since) const;

  mutable Mutex mutex_;
  Subjects publish_ GUARDED_BY(mutex_);
  Subjects subscribe_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
