#include "standby_view.hpp"

#include "status/resources.hpp"
#include "status/status_json.hpp"

#include <utility>

namespace jetcapture::host {

namespace {

using Steady = std::chrono::steady_clock;

std::int64_t now_since_1970() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

StandbyView::StandbyView(HostFacts facts, std::chrono::nanoseconds takeover_after, const Log &log)
    : facts_(std::move(facts)), log_(log) {
  owner_.since = now_since_1970();
  owner_.takes_over = takeover_after;
}

void StandbyView::see(const Standby::Seen &seen) {
  const MutexLock lock(mutex_);
  last_sign_ = Steady::now() - std::chrono::duration_cast<Steady::duration>(seen.silent);
  owner_.problem = seen.problem;
  if (seen.owner == nullptr)
    return;
  owner_.machine = seen.owner->owner;
  owner_.run = seen.owner->run;
  owner_.starts = seen.owner->starts;
  owner_.floor = seen.owner->floor;
}

// The owner's silence grows while nobody looks.
Snapshot StandbyView::look() const {
  const Steady::time_point now = Steady::now();
  Snapshot snapshot;
  snapshot.facts = facts_;
  snapshot.phase = Phase::standing_by;
  snapshot.time = now_since_1970();
  snapshot.uptime = std::chrono::duration<double>(now - begin_).count();
  const MutexLock lock(mutex_);
  snapshot.owner = owner_;
  snapshot.owner.silent = std::chrono::duration<double>(now - last_sign_).count();
  snapshot.safe_sequence = owner_.floor;
  return snapshot;
}

HttpAnswer StandbyView::answer(std::string_view path) const {
  return resource(path, look(), {}, log_);
}

std::string StandbyView::event() const {
  return page_json(look(), log_.recent());
}

} // namespace jetcapture::host
