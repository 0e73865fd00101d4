#include "support/proxy.hpp"

#include "support/loopback.hpp"

#include <cerrno>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jetcapture::test {

namespace {

struct Pair {
  int client;
  int server;
};

constexpr std::string_view pong = "PONG\r\n";

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t now = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (now <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(now));
  }
  return true;
}

// What is to be sent for what has come; nullopt: nothing, and the connection ends.
using Filter = std::function<std::optional<std::string>(std::string)>;

// False: one of them has ended, or the filter ends it.
bool forward(int from, int to, const Filter &filter) {
  std::string bytes(65536, '\0');
  const ssize_t count = ::recv(from, bytes.data(), bytes.size(), 0);
  if (count <= 0)
    return count < 0 && (errno == EAGAIN || errno == EINTR);
  bytes.resize(static_cast<std::size_t>(count));
  const std::optional<std::string> filtered = filter(std::move(bytes));
  return filtered && send_all(to, *filtered);
}

} // namespace

Proxy::Proxy(const std::string &server_url) : target_port_(std::stoi(server_url.substr(server_url.rfind(':') + 1))) {
  const Listener listener = listen_on_loopback(16);
  listener_ = listener.socket;
  url_ = "nats://127.0.0.1:" + std::to_string(listener.port);
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  ending_ = true;
  thread_.join();
  ::close(listener_);
}

void Proxy::run() {
  std::vector<Pair> pairs;
  const auto close_pair = [](const Pair &pair) {
    ::close(pair.client);
    ::close(pair.server);
  };
  const Filter to_server = [this](std::string bytes) -> std::optional<std::string> {
    if (acks_to_lose_ == 0 || bytes.find("$JS.ACK.") == std::string::npos)
      return bytes;
    acks_to_lose_--;
    return std::nullopt;
  };
  const Filter to_client = [this](std::string bytes) -> std::optional<std::string> {
    if (pongs_to_repeat_ > 0 && bytes == pong) {
      pongs_to_repeat_--;
      bytes += pong;
    }
    return bytes;
  };
  while (!ending_) {
    const State state = state_;
    if (state == State::cut) {
      for (const Pair &pair : pairs)
        close_pair(pair);
      pairs.clear();
    }
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}};
    for (const Pair &pair : pairs) {
      const bool from_client = state == State::open || state == State::deaf;
      polled.push_back({from_client ? pair.client : -1, POLLIN, 0});
      polled.push_back({state == State::open ? pair.server : -1, POLLIN, 0});
    }
    ::poll(polled.data(), polled.size(), 20);
    std::vector<Pair> still;
    for (std::size_t i = 0; i < pairs.size(); i++) {
      const bool alive = (polled[1 + 2 * i].revents == 0 || forward(pairs[i].client, pairs[i].server, to_server)) &&
                         (polled[2 + 2 * i].revents == 0 || forward(pairs[i].server, pairs[i].client, to_client));
      if (alive)
        still.push_back(pairs[i]);
      else
        close_pair(pairs[i]);
    }
    pairs = std::move(still);
    if (polled[0].revents == 0)
      continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_port_);
    // Little room, so that a server is soon held up by one that does not read.
    constexpr int room = 64 << 10;
    ::setsockopt(server, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (client >= 0 && state != State::cut &&
        ::connect(server, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) {
      pairs.push_back({client, server});
      connections_++;
    } else {
      close_pair({client, server});
    }
  }
  for (const Pair &pair : pairs)
    close_pair(pair);
}

} // namespace jetcapture::test
