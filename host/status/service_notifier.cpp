#include "status/service_notifier.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

std::string_view variable(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

} // namespace

ServiceNotifier ServiceNotifier::from_environment() {
  const std::string_view pid = variable("WATCHDOG_PID");
  const bool meant = pid.empty() || number(pid) == ::getpid();
  return {std::string(variable("NOTIFY_SOCKET")),
          std::chrono::microseconds(meant ? std::max<std::int64_t>(0, number(variable("WATCHDOG_USEC"))) : 0)};
}

ServiceNotifier::ServiceNotifier(std::string socket, std::chrono::microseconds watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {
  if (socket_.size() > 1 && socket_.size() < sizeof(sockaddr_un::sun_path))
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

ServiceNotifier::ServiceNotifier(ServiceNotifier &&other) noexcept
    : socket_(std::move(other.socket_)), watchdog_(other.watchdog_), descriptor_(std::exchange(other.descriptor_, -1)) {
}

ServiceNotifier::~ServiceNotifier() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

void ServiceNotifier::tell(std::string_view state) const {
  if (descriptor_ < 0)
    return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_.front() == '@')
    address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // Not every state is worth a wait: the next one comes in a second.
  static_cast<void>(::sendto(descriptor_, state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr *>(&address), size));
}

} // namespace jetcapture::host
