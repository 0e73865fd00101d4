#include "support/loopback.hpp"

#include <cstdint>
#include <stdexcept>
#include <sys/socket.h>

namespace jetcapture::test {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Listener listen_on_loopback(int backlog) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<sockaddr *>(&address), size) != 0 || ::listen(socket, backlog) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr *>(&address), &size) != 0)
    throw std::runtime_error("nobody can listen on loopback");
  return {socket, ntohs(address.sin_port)};
}

} // namespace jetcapture::test
