#include "notify/notifier.hpp"

#include "ledger/manifest.hpp"
#include "threads/fault_point.hpp"
#include "threads/thread.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {
constexpr std::size_t most_at_once = 256;
}

Notifier::Notifier(NotificationNames names, Outbox &outbox, Publisher &publisher, Counters &counters, Log &log,
                   Pace pace, NotificationListener *listener)
    : names_(std::move(names)), outbox_(outbox), publisher_(publisher), counters_(counters), log_(log), pace_(pace),
      listener_(listener) {
  if (outbox_.damaged() > 0)
    log_.warn("some lines of the file of notifications can't be read: their notifications may be missing",
              {{"lines", outbox_.damaged()}});
}

Notifier::~Notifier() {
  thread_.request_stop();
}

void Notifier::before_store(const SealedBlock &block) {
  outbox_.prepare({.notification = notification_of(block, names_),
                   .interval_start = block.place.interval_start,
                   .rows = block.payloads,
                   .messages = block.messages(),
                   .bytes = block.body->size(),
                   .sha256 = block.body->sha256()});
}

void Notifier::before_store(const BlockLine &line) {
  outbox_.prepare({.notification = notification_of(line, names_),
                   .interval_start = line.place.interval_start,
                   .rows = line.payloads,
                   .messages = line.messages(),
                   .bytes = line.bytes,
                   .sha256 = line.sha256});
}

void Notifier::stored(const std::string &name) {
  outbox_.stored(name);
  count();
  const MutexLock lock(mutex_);
  more_ = true;
  wake_.notify_one();
}

void Notifier::settle(const std::string &name, bool is_stored) {
  is_stored ? outbox_.stored(name) : outbox_.dropped(name);
}

void Notifier::start() {
  count();
  {
    const MutexLock lock(mutex_);
    more_ = true;
  }
  thread_ = start_thread([this](const std::stop_token &stop) { run(stop); });
}

std::vector<std::int64_t> Notifier::untold_intervals() const {
  std::vector<std::int64_t> intervals = outbox_.untold_intervals();
  if (listener_ != nullptr)
    std::erase_if(intervals, [this](std::int64_t start) { return listener_->holds_back(start); });
  return intervals;
}

void Notifier::interval_ended(std::int64_t start) {
  try {
    outbox_.tell_interval(start, [&](const IntervalTotals &totals) {
      Notification notification = notification_of(start, totals, names_);
      if (listener_ != nullptr)
        listener_->interval_made(start, notification.id);
      return notification;
    });
  } catch (const OutboxError &error) { // it stays untold, and is tried again
    if (disk_lines_.admit())
      log_.warn("a complete interval can't be told now; it is tried again", {{"reason", error.what()}});
    return;
  }
  count();
  const MutexLock lock(mutex_);
  more_ = true;
  wake_.notify_one();
}

void Notifier::finish(std::chrono::steady_clock::time_point deadline) {
  MutexLock lock(mutex_);
  if (thread_.joinable())
    published_.wait_until(lock, deadline, [this] {
      mutex_.assert_held();
      return failing_ || outbox_.waiting() == 0;
    });
  if (const std::size_t left = outbox_.waiting(); left > 0)
    log_.warn(listener_ != nullptr
                  ? "notifications are not published; the next run of the capture publishes them"
                  : "notifications are not published; the next run with this state directory publishes them",
              {{"notifications", left}});
}

void Notifier::run(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "notify");
  std::chrono::milliseconds pause = pace_.shortest;
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] {
            mutex_.assert_held();
            return more_;
          }))
        return;
      more_ = false;
    }
    if (publish_some()) {
      pause = pace_.shortest;
      continue;
    }
    MutexLock lock(mutex_);
    more_ = true;
    wake_.wait_for(lock, stop, pause, [] { return false; });
    pause = std::min(pause * 2, pace_.longest);
  }
}

bool Notifier::publish_some() {
  try {
    while (true) {
      const std::vector<Outbox::Waiting> waiting = outbox_.next(most_at_once);
      if (waiting.empty())
        break;
      std::vector<Notification> notifications;
      for (const Outbox::Waiting &one : waiting)
        notifications.push_back(one.notification);
      fault_point("before-publish");
      const Publisher::Outcome outcome = publisher_.publish(notifications);
      fault_point("after-publish");
      std::vector<Outbox::Waiting> confirmed;
      for (std::size_t i = 0; i < waiting.size(); i++)
        if (outcome.confirmed[i])
          confirmed.push_back(waiting[i]);
      if (listener_ != nullptr)
        for (const Outbox::Waiting &one : confirmed)
          listener_->confirmed(one.notification.id);
      outbox_.published(confirmed);
      counters_.notifications += confirmed.size();
      count();
      if (confirmed.size() < waiting.size()) {
        failed(outcome.reason);
        return false;
      }
    }
  } catch (const OutboxError &error) {
    failed(error.what());
    return false;
  }
  succeeded();
  return true;
}

void Notifier::failed(const std::string &reason) {
  counters_.notification_failures++;
  {
    const MutexLock lock(mutex_);
    failing_ = true;
  }
  published_.notify_all();
  if (const auto held_back = failure_lines_.admit())
    log_.warn("notifications can't be published; they are tried again, and the capture goes on",
              {{"waiting", outbox_.waiting()}, {"reason", reason}, {"others_not_shown", *held_back}});
}

void Notifier::succeeded() {
  bool had_failed = false;
  {
    const MutexLock lock(mutex_);
    had_failed = std::exchange(failing_, false);
  }
  published_.notify_all();
  if (had_failed)
    log_.info("notifications are published again");
}

void Notifier::count() {
  counters_.notifications_waiting = outbox_.waiting();
}

} // namespace jetcapture::host
