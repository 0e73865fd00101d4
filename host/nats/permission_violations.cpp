#include "nats/permission_violations.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

constexpr std::size_t most_subjects = 64;
constexpr std::string_view of_publish = "Permissions Violation for Publish to \"";
constexpr std::string_view of_subscription = "Permissions Violation for Subscription to \"";

std::string_view up_to_quote(std::string_view text) {
  return text.substr(0, text.find('"'));
}

} // namespace

bool PermissionViolations::note(std::string_view error, Clock::time_point now) {
  const MutexLock lock(mutex_);
  if (error.starts_with(of_publish))
    note_subject(publish_, up_to_quote(error.substr(of_publish.size())), now);
  else if (error.starts_with(of_subscription))
    note_subject(subscribe_, up_to_quote(error.substr(of_subscription.size())), now);
  else
    return false;
  return true;
}

bool PermissionViolations::publish_refused(std::string_view beginning, Clock::time_point since) const {
  const MutexLock lock(mutex_);
  return refused(publish_, beginning, since);
}

bool PermissionViolations::subscribe_refused(std::string_view beginning, Clock::time_point since) const {
  const MutexLock lock(mutex_);
  return refused(subscribe_, beginning, since);
}

void PermissionViolations::note_subject(Subjects &subjects, std::string_view subject, Clock::time_point now) {
  subjects.insert_or_assign(std::string(subject), now);
  if (subjects.size() > most_subjects)
    subjects.erase(std::min_element(subjects.begin(), subjects.end(),
                                    [](const auto &a, const auto &b) { return a.second < b.second; }));
}

bool PermissionViolations::refused(const Subjects &subjects, std::string_view beginning,
                                   Clock::time_point since) const {
  for (auto at = subjects.lower_bound(beginning); at != subjects.end() && at->first.starts_with(beginning); ++at)
    if (at->second >= since)
      return true;
  return false;
}

} // namespace jetcapture::host
