#include "status/call_watch.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

std::vector<LongCall> CallWatch::look(Clock::time_point now) {
  std::map<std::size_t, Seen> seen;
  std::vector<LongCall> calls;
  for (const CallRecord::Running &running : calls_.running()) {
    const auto before = seen_.find(running.thread);
    const bool same = before != seen_.end() && before->second.entered == running.entered;
    const Clock::time_point since = same ? before->second.since : now;
    seen.emplace(running.thread, Seen{running.entered, since});
    calls.push_back({running.at, now - since});
  }
  seen_ = std::move(seen);
  std::sort(calls.begin(), calls.end(),
            [](const LongCall &one, const LongCall &other) { return one.lasts > other.lasts; });
  return calls;
}

} // namespace jetcapture::host
