#include "support/http_proxy.hpp"

#include "support/loopback.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jetcapture::test {

namespace {

using namespace std::chrono_literals;

constexpr auto pause_before_piece = 250ms;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// A connection whose end, or the proxy's, is an exception.
struct Ended {};

class Stream {
public:
  Stream(int socket, const std::atomic<bool> &ending) : socket_(socket), ending_(ending) {}
  ~Stream() { ::close(socket_); }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  // Up to and with the empty line.
  std::string head() {
    while (buffer_.find("\r\n\r\n") == std::string::npos)
      receive();
    return take(buffer_.find("\r\n\r\n") + 4);
  }
  std::string line() {
    while (buffer_.find("\r\n") == std::string::npos)
      receive();
    return take(buffer_.find("\r\n") + 2);
  }
  // Some of what comes next, at most so much.
  std::string some(std::uint64_t most) {
    if (buffer_.empty())
      receive();
    return take(static_cast<std::size_t>(std::min<std::uint64_t>(most, buffer_.size())));
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        throw Ended();
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void pass(std::uint64_t bytes) {
    while (bytes > 0)
      bytes -= some(bytes).size();
  }
  void wait_for_end() {
    while (true)
      receive();
  }

private:
  std::string take(std::size_t count) {
    std::string taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }
  void receive() {
    pollfd waiting{socket_, POLLIN, 0};
    while (::poll(&waiting, 1, 50) == 0)
      if (ending_)
        throw Ended();
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0)
      throw Ended();
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }
  int socket_;
  const std::atomic<bool> &ending_;
  std::string buffer_;
};

std::map<std::string, std::string> headers_of(const std::string &head) {
  std::map<std::string, std::string> headers;
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    if (colon < end)
      headers[lower(head.substr(at, colon - at))] =
          head.substr(std::min(colon + 2, end), end - std::min(colon + 2, end));
    at = end + 2;
  }
  return headers;
}

HttpRequest request_of(const std::string &head) {
  HttpRequest request;
  const std::size_t first = head.find(' ');
  const std::size_t second = head.find(' ', first + 1);
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  request.headers = headers_of(head);
  if (const auto found = request.headers.find("content-length"); found != request.headers.end())
    request.bytes = std::stoull(found->second);
  return request;
}

// Of the service's answer, past what it says before that.
std::string answer_head(Stream &service) {
  std::string head = service.head();
  while (head.starts_with("HTTP/1.1 1"))
    head = service.head();
  return head;
}

// 0: what is not HTTP.
int status_of(const std::string &head) {
  return head.starts_with("HTTP/") ? std::stoi(head.substr(9, 3)) : 0;
}

// The service's answer, piece by piece.
template <class Take>
void pass_answer(Stream &service, const std::string &head, const std::string &method, Take take) {
  const auto headers = headers_of(head);
  take(head);
  if (method == "HEAD" || status_of(head) == 204 || status_of(head) == 304)
    return;
  if (const auto found = headers.find("content-length"); found != headers.end()) {
    for (std::uint64_t left = std::stoull(found->second); left > 0;) {
      const std::string bytes = service.some(left);
      take(bytes);
      left -= bytes.size();
    }
  } else if (headers.contains("transfer-encoding")) {
    while (true) {
      const std::string size = service.line();
      take(size);
      for (std::uint64_t left = std::stoull(size, nullptr, 16) + 2; left > 0;) {
        const std::string bytes = service.some(left);
        take(bytes);
        left -= bytes.size();
      }
      if (std::stoull(size, nullptr, 16) == 0)
        break;
    }
  }
}

} // namespace

std::string http_answer(int status, const std::string &body, const std::vector<std::string> &headers) {
  std::string text =
      "HTTP/1.1 " + std::to_string(status) + " Given\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const std::string &header : headers)
    text += header + "\r\n";
  return text + "\r\n" + body;
}

HttpProxy::HttpProxy(const std::string &service) {
  if (!service.empty())
    service_port_ = std::stoi(service.substr(service.rfind(':') + 1));
  const Listener listener = listen_on_loopback(64);
  listener_ = listener.socket;
  url_ = "http://127.0.0.1:" + std::to_string(listener.port);
  accepting_ = std::thread([this] { accept_all(); });
}

HttpProxy::~HttpProxy() {
  ending_ = true;
  accepting_.join();
  for (std::thread &talk : talks_)
    talk.join();
  ::close(listener_);
}

void HttpProxy::on(std::function<bool(const HttpRequest &)> matches, Mischief mischief, int times) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({std::move(matches), std::move(mischief), times});
}

void HttpProxy::serve(std::function<std::optional<std::string>(const HttpRequest &)> answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

int HttpProxy::pending() const {
  const std::lock_guard lock(mutex_);
  int times = 0;
  for (const Rule &rule : rules_)
    times += rule.times;
  return times;
}

std::vector<HttpRequest> HttpProxy::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void HttpProxy::remember(HttpRequest request) {
  const std::lock_guard lock(mutex_);
  seen_.push_back(std::move(request));
}

std::optional<Mischief> HttpProxy::mischief_for(const HttpRequest &request) {
  const std::lock_guard lock(mutex_);
  for (Rule &rule : rules_)
    if (rule.times > 0 && rule.matches(request)) {
      rule.times--;
      return rule.mischief;
    }
  return std::nullopt;
}

void HttpProxy::accept_all() {
  while (!ending_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 50) <= 0)
      continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0)
      continue;
    connections_++;
    talks_.emplace_back([this, client] { talk(client); });
  }
}

void HttpProxy::talk(int client) {
  using Kind = Mischief::Kind;
  try {
    Stream from(client, ending_);
    std::unique_ptr<Stream> to;
    const auto connect = [&] {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = loopback(service_port_);
      to = std::make_unique<Stream>(socket, ending_);
      if (::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        throw Ended();
    };
    while (true) {
      const std::string head = from.head();
      HttpRequest request = request_of(head);
      std::optional<Mischief> mischief = mischief_for(request);
      if (mischief && mischief->kind == Kind::hold) {
        remember(request);
        from.wait_for_end();
      }
      if (mischief && mischief->kind == Kind::refuse) {
        request.status = status_of(mischief->text);
        remember(request);
        from.send(mischief->text);
        from.pass(request.bytes);
        throw Ended();
      }
      std::function<std::optional<std::string>(const HttpRequest &)> answer;
      {
        const std::lock_guard lock(mutex_);
        answer = answer_;
      }
      const bool given = mischief && (mischief->kind == Kind::answer || mischief->kind == Kind::close);
      if (given || answer || service_port_ == 0) {
        for (std::uint64_t left = request.bytes; left > 0;) {
          request.body += from.some(left);
          left = request.bytes - request.body.size();
        }
        std::optional<std::string> text;
        if (given)
          text = mischief->text;
        else if (answer)
          text = answer(request);
        if (!text && service_port_ == 0)
          text = http_answer(404);
        if (text) {
          request.status = status_of(*text);
          remember(request);
          from.send(*text);
          if (given && mischief->kind == Kind::close)
            throw Ended();
          continue;
        }
      }
      if (to == nullptr)
        connect();
      to->send(head);
      const std::uint64_t all = request.bytes;
      const auto body_piece = [&](std::uint64_t most) {
        if (request.body.empty())
          return from.some(most);
        std::string piece = request.body.substr(0, most);
        request.body.erase(0, most);
        return piece;
      };
      std::uint64_t done = 0;
      int pieces = 0;
      while (done < all) {
        std::string piece = body_piece(all - done);
        if (mischief && mischief->kind == Kind::corrupt && done <= all / 2 && done + piece.size() > all / 2)
          piece[static_cast<std::size_t>(all / 2 - done)] ^= 1;
        if (mischief && mischief->kind == Kind::cut && done + piece.size() > all / 2)
          throw Ended();
        if (mischief && mischief->kind == Kind::slow && done * 8 >= all * static_cast<std::uint64_t>(pieces)) {
          pieces++;
          std::this_thread::sleep_for(pause_before_piece);
        }
        to->send(piece);
        done += piece.size();
      }
      const bool lost = mischief && mischief->kind == Kind::lose_answer;
      const std::string answered = answer_head(*to);
      request.status = status_of(answered);
      // Before the client has the answer: what a test asked for is seen once it is done.
      remember(request);
      pass_answer(*to, answered, request.method, [&](std::string_view bytes) {
        if (!lost)
          from.send(bytes);
      });
      if (lost)
        throw Ended();
    }
  } catch (const Ended &) {
  }
}

} // namespace jetcapture::test
