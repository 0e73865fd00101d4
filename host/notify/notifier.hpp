// Tells others through the messaging system which blocks are in the store, and which intervals are complete: each at
// least once, over crashes and restarts, with the same id each time.
//
// A thread of its own publishes, again and again until each notification is confirmed. Nothing else waits for it.
#pragma once

#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "notify/outbox.hpp"
#include "progress/counters.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace jetcapture::host {

// Keeps account of what is told. Any thread.
class NotificationListener {
public:
  virtual ~NotificationListener() = default;
  // The interval is not to be told now, though it is over.
  virtual bool holds_back(std::int64_t interval_start) const = 0;
  // A notification of the interval is about to wait, of all blocks that were stored() until now.
  virtual void interval_made(std::int64_t start, const std::string &id) = 0;
  // A stream has that notification.
  virtual void confirmed(const std::string &id) = 0;
};

class Notifier {
public:
  // How long it waits after a failure; doubled from one to the next.
  struct Pace {
    std::chrono::milliseconds shortest = std::chrono::milliseconds(500);
    std::chrono::milliseconds longest = std::chrono::seconds(30);
  };
  // All outlive it. listener: nullptr: the outbox alone remembers what is to be told.
  Notifier(NotificationNames names, Outbox &outbox, Publisher &publisher, Counters &counters, Log &log, Pace pace,
           NotificationListener *listener = nullptr);
  ~Notifier();
  Notifier(const Notifier &) = delete;
  Notifier &operator=(const Notifier &) = delete;

  // [store threads] [may block] As of Committer. Throw OutboxError: not now.
  void before_store(const SealedBlock &block);
  void before_store(const BlockLine &line); // the same of a block that an earlier run has listed
  void stored(const std::string &name);

  // [capture thread] At the start: blocks that an earlier run has prepared, and what became of them. Then publishing
  // begins.
  std::vector<Outbox::Prepared> unsettled() const { return outbox_.unsettled(); }
  void settle(const std::string &name, bool is_stored);
  void start();

  // [capture thread] Intervals of which something is stored that was not told yet; and one of them is complete.
  std::vector<std::int64_t> untold_intervals() const;
  void interval_ended(std::int64_t start);

  // [capture thread] Waits until all is published, not beyond that time, and not once it fails.
  void finish(std::chrono::steady_clock::time_point deadline);

private:
  void run(const std::stop_token &stop);
  // False: not all were confirmed.
  bool publish_some();
  void failed(const std::string &reason);
  void succeeded();
  void count();

  const NotificationNames names_;
  Outbox &outbox_;
  Publisher &publisher_;
  Counters &counters_;
  Log &log_;
  const Pace pace_;
  NotificationListener *const listener_;
  LineLimit failure_lines_{1, std::chrono::minutes(1)};
  LineLimit disk_lines_{1, std::chrono::minutes(1)};
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any published_;
  bool more_ GUARDED_BY(mutex_) = false;
  bool failing_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

} // namespace jetcapture::host
