#include "status/watch.hpp"

#include "status/health.hpp"
#include "status/watch_points.hpp"
#include "threads/thread.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::steady_clock::duration between_looks = 1s;
// A busy consumer tells its lag with each message; the rest is asked for.
constexpr auto between_questions = 2s;
constexpr auto first_questions = 1s;
constexpr auto between_questions_while_quiet = 5s;
constexpr std::chrono::milliseconds server_timeout = 1s;

std::string whole(double seconds) {
  return std::to_string(std::llround(seconds));
}

} // namespace

std::chrono::seconds pause_before_question(const Snapshot &snapshot) {
  if (!snapshot.consumer_known)
    return first_questions;
  const bool busy = snapshot.messages_per_second > 0 || snapshot.lag_messages > 0 || snapshot.in_flight > 0 ||
                    snapshot.not_acked > 0 || snapshot.delivery.acks_outstanding > 0;
  return busy ? between_questions : between_questions_while_quiet;
}

Watch::Watch(Observer &observer, ServiceNotifier notifier, Publication publication, Log &log)
    : observer_(observer), notifier_(std::move(notifier)), publication_(std::move(publication)), log_(log),
      thread_(start_thread([this](const std::stop_token &stop) { run(stop); })) {}

Watch::~Watch() {
  thread_.request_stop();
}

void Watch::run(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "watch");
  WatchPoints watch_points(log_);
  // Often enough for the watchdog, and for a status that is wished for more often.
  Clock::duration round = between_looks;
  if (notifier_.watchdog() > 0us)
    round = std::min<Clock::duration>(round, notifier_.watchdog() / 3);
  if (publication_.publish)
    round = std::min<Clock::duration>(round, publication_.interval);
  Clock::time_point next_look{};
  Clock::time_point asked{};
  Clock::time_point next_publication{};
  while (!stop.stop_requested()) {
    const Clock::time_point now = Clock::now();
    if (now - asked >= pause_before_question(observer_.look())) {
      observer_.ask_server(server_timeout);
      asked = now;
    }
    if (now >= next_look) {
      observer_.tick();
      const Snapshot snapshot = observer_.look();
      watch_points.look(snapshot);
      tell_service(snapshot);
      next_look = now + between_looks;
    }
    const Snapshot snapshot = observer_.look();
    ping_watchdog(snapshot);
    if (publication_.publish && now >= next_publication) {
      publication_.publish(status_json(snapshot));
      next_publication = now + publication_.interval;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, round, [] { return false; });
  }
}

void Watch::ping_watchdog(const Snapshot &snapshot) {
  const double silence = std::chrono::duration<double>(notifier_.watchdog()).count() / 2;
  const bool goes_on = snapshot.since_beat < silence && hanging_call(snapshot) == nullptr;
  if (notifier_.watchdog() > 0us && (goes_on || snapshot.phase == Phase::ended))
    notifier_.tell("WATCHDOG=1");
}

void Watch::tell_service(const Snapshot &snapshot) {
  if (!notifier_.tells())
    return;
  if (snapshot.phase == Phase::capturing && !std::exchange(ready_told_, true))
    notifier_.tell("READY=1");
  if (snapshot.phase >= Phase::draining && !std::exchange(stopping_told_, true))
    notifier_.tell("STOPPING=1");
  std::string status = std::string(to_string(snapshot.phase));
  for (const HealthCheck &check : readiness(snapshot))
    if (!check.good && snapshot.phase == Phase::capturing)
      status += "; " + check.reason;
  for (const std::string &note : notes(snapshot))
    status += "; " + note;
  status += "; " + std::to_string(snapshot.messages) + " messages, " + std::to_string(snapshot.blocks_stored) +
            " blocks stored, lag " + (snapshot.lag_messages ? std::to_string(*snapshot.lag_messages) : "not known") +
            ", oldest unstored " + whole(snapshot.oldest_unstored) + " s";
  std::replace(status.begin(), status.end(), '\n', ' ');
  if (status != status_told_)
    notifier_.tell("STATUS=" + status);
  status_told_ = std::move(status);
}

void Watch::finish(const Ending &ending) {
  thread_.request_stop();
  thread_.join();
  observer_.ask_server(server_timeout);
  const Snapshot snapshot = observer_.look();
  tell_service(snapshot);
  if (publication_.publish)
    publication_.publish(status_json(snapshot, &ending));
}

} // namespace jetcapture::host
