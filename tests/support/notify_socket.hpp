// A service manager's socket: takes what sd_notify(3) sends.
#pragma once

#include <chrono>
#include <string>

namespace jetcapture::test {

class NotifySocket {
public:
  // name: a path, or an abstract name after '@'.
  explicit NotifySocket(const std::string &name);
  ~NotifySocket();
  NotifySocket(const NotifySocket &) = delete;
  NotifySocket &operator=(const NotifySocket &) = delete;

  // The next datagram; empty when none came.
  std::string receive(std::chrono::milliseconds deadline);
  // The next datagram that begins with this; empty when none came. What comes before it is dropped.
  std::string receive_like(const std::string &beginning, std::chrono::milliseconds deadline);

private:
  int socket_;
};

} // namespace jetcapture::test
