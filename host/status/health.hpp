// Whether a capture is alive and ready, with the reasons as sentences.
#pragma once

#include "status/snapshot.hpp"

#include <string>
#include <vector>

namespace jetcapture::host {

// One thing that has to be so for a capture to be ready.
struct HealthCheck {
  const char *name; // "connected"
  bool good;
  std::string reason; // a sentence where it is not good
};

std::vector<HealthCheck> readiness(const Snapshot &snapshot);
bool all_good(const std::vector<HealthCheck> &checks);

// A call into a plug-in that has lasted longer than it may: 30 seconds, of the store's put() 30 seconds beyond its
// deadline. nullptr: there is none.
const LongCall *hanging_call(const Snapshot &snapshot);

// The capture thread is making progress, and no call into a plug-in hangs. A thread that is stuck does not come back by
// itself.
bool is_alive(const Snapshot &snapshot);

// The answers of /healthz and /readyz: JSON.
std::string liveness_text(const Snapshot &snapshot);
std::string readiness_text(const Snapshot &snapshot);

// What a safe sequence, and that all is stored, is said of: "all", or "s.a, s.b from sequence 500". Nothing else of the
// stream may be concluded from it.
std::string covered_text(const Delivery::Coverage &coverage);
// What is true though the host works as it should, and is not known to be stored: sentences for people.
std::vector<std::string> notes(const Snapshot &snapshot);

} // namespace jetcapture::host
