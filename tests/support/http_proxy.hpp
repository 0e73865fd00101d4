// An HTTP/1.1 proxy on loopback in front of a service, for breaking single requests; without a service, it is one
// itself.
//
// Every connection has a thread. Rules are asked in their order, for each request once its head is there.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace jetcapture::test {

struct HttpRequest {
  std::string method;
  std::string target;                         // path and query, as they came
  std::map<std::string, std::string> headers; // names in lower case
  std::string body;                           // only of requests that are answered here
  std::uint64_t bytes = 0;                    // of the body
  int status = 0;                             // that went back; 0: none

  bool has(const std::string &text) const { return target.find(text) != std::string::npos; }
};

// What is done to a request instead of forwarding it.
struct Mischief {
  enum class Kind {
    answer,      // with text, unasked; the service sees nothing
    cut,         // half of the body is forwarded, then both connections are closed
    lose_answer, // all is forwarded, and the answer not given back
    corrupt,     // one byte of the body is changed on its way
    slow,        // the body goes on in eight pieces, a pause before each
    hold,        // taken, and never answered
    refuse,      // answered with text before the body is read, which is passed over; then the connection is closed
    close,       // answered with text; then the connection is closed, which the answer does not say
  };
  Kind kind = Kind::answer;
  std::string text = {};
};

// "HTTP/1.1 503 …" with a body, for Mischief::text.
std::string http_answer(int status, const std::string &body = "", const std::vector<std::string> &headers = {});

class HttpProxy {
public:
  // service: "http://127.0.0.1:PORT", or "" for none: what no rule answers gets 404.
  explicit HttpProxy(const std::string &service = "");
  ~HttpProxy();
  HttpProxy(const HttpProxy &) = delete;
  HttpProxy &operator=(const HttpProxy &) = delete;

  const std::string &url() const { return url_; }
  // Done to the first requests that match, so many times.
  void on(std::function<bool(const HttpRequest &)> matches, Mischief mischief, int times = 1);
  // Answers requests by itself, for as long as it lives; nullopt leaves it to the service.
  void serve(std::function<std::optional<std::string>(const HttpRequest &)> answer);
  // How many times rules of on() are still to come.
  int pending() const;
  std::vector<HttpRequest> seen() const;
  std::uint64_t connections() const { return connections_; }

private:
  struct Rule {
    std::function<bool(const HttpRequest &)> matches;
    Mischief mischief;
    int times;
  };
  void accept_all();
  void talk(int client);
  std::optional<Mischief> mischief_for(const HttpRequest &request);
  void remember(HttpRequest request);

  int listener_ = -1;
  int service_port_ = 0;
  std::string url_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::uint64_t> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::function<std::optional<std::string>(const HttpRequest &)> answer_;
  std::vector<HttpRequest> seen_;
  std::vector<std::thread> talks_;
  std::thread accepting_;
};

} // namespace jetcapture::test
