#include "support/notify_socket.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;

NotifySocket::NotifySocket(const std::string &name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a socket: " + name);
  std::copy(name.begin(), name.end(), address.sun_path);
  if (name.starts_with('@'))
    address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr *>(&address), size) != 0)
    throw std::runtime_error("can't bind " + name);
}

NotifySocket::~NotifySocket() {
  ::close(socket_);
}

std::string NotifySocket::receive(std::chrono::milliseconds deadline) {
  pollfd readable{socket_, POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(deadline.count())) <= 0)
    return "";
  char buffer[8192];
  const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
  return {buffer, static_cast<std::size_t>(std::max<ssize_t>(0, count))};
}

std::string NotifySocket::receive_like(const std::string &beginning, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    std::string state = receive(std::max(left, 0ms));
    if (state.empty() || state.starts_with(beginning))
      return state;
  }
}

} // namespace jetcapture::test
