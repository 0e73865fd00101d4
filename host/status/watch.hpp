// The thread that looks at the capture each second, and tells what it sees: the log (watch points), the service
// manager, a subject.
//
// The service manager's watchdog is told only while the capture thread is making progress: one that is stuck is
// restarted.
#pragma once

#include "log/log.hpp"
#include "status/observer.hpp"
#include "status/service_notifier.hpp"
#include "status/status_json.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace jetcapture::host {

// How long after one question the server is asked the next one. What comes shows within a look of a second that it is
// not quiet any more.
std::chrono::seconds pause_before_question(const Snapshot &snapshot);

class Watch {
public:
  // publish: [watch thread, then the one that calls finish()] empty: no status is published.
  struct Publication {
    std::function<void(const std::string &json)> publish;
    std::chrono::nanoseconds interval;
  };
  Watch(Observer &observer, ServiceNotifier notifier, Publication publication, Log &log);
  ~Watch();
  Watch(const Watch &) = delete;
  Watch &operator=(const Watch &) = delete;

  // Ends the thread, and publishes the last status.
  void finish(const Ending &ending);

private:
  using Clock = std::chrono::steady_clock;
  void run(const std::stop_token &stop);
  void ping_watchdog(const Snapshot &snapshot);
  void tell_service(const Snapshot &snapshot);

  Observer &observer_;
  const ServiceNotifier notifier_;
  const Publication publication_;
  Log &log_;
  std::mutex mutex_; // guards nothing: the thread sleeps with it
  std::condition_variable_any wake_;
  bool ready_told_ = false;
  bool stopping_told_ = false;
  std::string status_told_;
  std::jthread thread_;
};

} // namespace jetcapture::host
