// Tells the service manager how the service is: datagrams to $NOTIFY_SOCKET. Source: sd_notify(3), systemd.service(5),
// Type=notify.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace jetcapture::host {

class ServiceNotifier {
public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; without the first it tells nobody.
  static ServiceNotifier from_environment();
  // socket: a path, or an abstract name after '@'. watchdog: how long the service may be silent; zero: it is not
  // watched.
  ServiceNotifier(std::string socket, std::chrono::microseconds watchdog);
  ServiceNotifier(ServiceNotifier &&other) noexcept;
  ~ServiceNotifier();
  ServiceNotifier &operator=(ServiceNotifier &&) = delete;

  bool tells() const { return descriptor_ >= 0; }
  std::chrono::microseconds watchdog() const { return watchdog_; }
  // "READY=1", "STATUS=…"; lines are separated by newlines. Never waits: what the manager does not take is dropped.
  void tell(std::string_view state) const;

private:
  std::string socket_;
  std::chrono::microseconds watchdog_;
  int descriptor_ = -1;
};

} // namespace jetcapture::host
