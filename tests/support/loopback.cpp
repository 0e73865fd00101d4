#include "support/loopback.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace jetcapture::test {

namespace {

constexpr int lowest_port = 10000;

// The first port of those that the system gives to connections: one of these may take the port of a server that is
// down for a moment.
int first_port_of_connections() {
  int first = 32768;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
  return std::max(first, lowest_port + 10000);
}

// By a name that lives as long as this process: false where another one has it.
bool reserve(int port) {
  const std::string name = "jetcapture-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path + 1); // it begins with a null: it is no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::bind(socket, reinterpret_cast<const sockaddr *>(&address), size) == 0)
    return true; // never closed
  ::close(socket);
  return false;
}

bool nobody_listens(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
  ::close(socket);
  return bound;
}

} // namespace

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

int free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(lowest_port, first_port_of_connections() - 1);
  for (int tries = 0; tries < 1000; tries++)
    if (const int port = ports(random); reserve(port) && nobody_listens(port))
      return port;
  throw std::runtime_error("there is no free port");
}

} // namespace jetcapture::test
