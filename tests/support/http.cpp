#include "support/http.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TcpClient::TcpClient(const std::string &address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('['))
    host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo *found = nullptr;
  if (getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0)
    throw std::runtime_error("not an address: " + address);
  socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int connected = ::connect(socket_, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (connected != 0) {
    ::close(socket_);
    throw std::runtime_error("nobody listens at " + address);
  }
}

TcpClient::~TcpClient() {
  ::close(socket_);
}

bool TcpClient::send(const std::string &bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

std::string TcpClient::receive_until(const std::string &text, std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  std::string bytes = std::move(left_);
  left_.clear();
  while (text.empty() || bytes.find(text) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd readable{socket_, POLLIN, 0};
    if (left <= 0ms || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0)
      return bytes;
    char buffer[16384];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0)
      return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  const std::size_t end_of_text = bytes.find(text) + text.size();
  left_ = bytes.substr(end_of_text);
  bytes.resize(end_of_text);
  return bytes;
}

bool TcpClient::closed_within(std::chrono::milliseconds deadline) {
  const Clock::time_point end = Clock::now() + deadline;
  while (Clock::now() < end) {
    pollfd readable{socket_, POLLIN, 0};
    char buffer[16384];
    if (::poll(&readable, 1, 50) > 0 && ::recv(socket_, buffer, sizeof buffer, 0) <= 0)
      return true;
  }
  return false;
}

HttpResponse http_request(const std::string &address, const std::string &method, const std::string &path,
                          const std::string &more) {
  TcpClient client(address);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n" + more + "\r\n");
  const std::string bytes = client.receive_until("", 20s);
  const std::size_t header_end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || header_end == std::string::npos)
    return {};
  return {std::atoi(bytes.c_str() + 9), bytes.substr(0, header_end + 2), bytes.substr(header_end + 4)};
}

} // namespace jetcapture::test
