#include "nats/server_greeting.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_line = 64 << 10;

class Socket {
public:
  explicit Socket(const addrinfo &address)
      : descriptor_(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    static_cast<void>(::connect(descriptor_, address.ai_addr, address.ai_addrlen)); // poll tells how it ends
  }
  ~Socket() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }
  Socket(const Socket &) = delete;
  Socket &operator=(const Socket &) = delete;

  // Up to its first newline, or as much as comes until then.
  std::string line(Clock::time_point deadline) const {
    std::string text;
    std::array<char, 4096> some{};
    while (text.find('\n') == std::string::npos && text.size() < longest_line) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      pollfd wanted{descriptor_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&wanted, 1, static_cast<int>(left.count())) != 1)
        break;
      const ssize_t count = ::recv(descriptor_, some.data(), some.size(), 0);
      if (count <= 0)
        break;
      text.append(some.data(), static_cast<std::size_t>(count));
    }
    return text.substr(0, text.find('\n'));
  }

private:
  int descriptor_;
};

struct FreeAddresses {
  void operator()(addrinfo *list) const { ::freeaddrinfo(list); }
};

} // namespace

ServerGreeting parse_greeting(std::string_view line) {
  ServerGreeting greeting;
  constexpr std::string_view info = "INFO ";
  if (!line.starts_with(info))
    return greeting;
  const nlohmann::json said = nlohmann::json::parse(line.substr(info.size()), nullptr, false);
  const auto take = [&](const char *key, std::string &text) {
    if (const auto found = said.is_object() ? said.find(key) : said.end(); found != said.end() && found->is_string())
      text = found->get<std::string>();
  };
  take("server_name", greeting.name);
  take("version", greeting.version);
  return greeting;
}

ServerGreeting greeting_of(const std::string &url, std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  const std::string place = url.substr(std::min(url.size(), url.find("://") + 3));
  const std::size_t colon = place.rfind(':');
  if (colon == std::string::npos)
    return {};
  std::string host = place.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo *list = nullptr;
  if (::getaddrinfo(host.c_str(), place.c_str() + colon + 1, &hints, &list) != 0)
    return {};
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(list);
  for (const addrinfo *address = list; address != nullptr && Clock::now() < deadline; address = address->ai_next)
    if (const std::string line = Socket(*address).line(deadline); !line.empty())
      return parse_greeting(line);
  return {};
}

} // namespace jetcapture::host
