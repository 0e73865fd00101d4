// A small HTTP server on a thread of its own: GET and HEAD of a few resources, and a stream of events.
//
// Slow and hostile clients cost it a bounded number of connections and bytes, and the capture nothing: requests are
// short, times are limited. Where there are too many connections, the one that has waited longest for a request gives
// way to the next, so that a probe is always answered.
#pragma once

#include "settings/error.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type;
  std::string body;
};

// How long a client may take.
struct HttpTimeouts {
  std::chrono::milliseconds request = std::chrono::seconds(5); // to send a request
  std::chrono::milliseconds idle =
      std::chrono::seconds(90); // to send the next: a scraper that comes each minute keeps its connection
  std::chrono::milliseconds write = std::chrono::seconds(10); // to take an answer
};

struct AddressInUse : StartupError {
  using StartupError::StartupError;
};

class HttpServer {
public:
  // Binds and listens: connections wait from now on. address: 127.0.0.1:9464, [::1]:9464; port 0 takes a free one.
  // Throws AddressInUse, or another StartupError, with one sentence.
  explicit HttpServer(const std::string &address, HttpTimeouts timeouts = {});
  ~HttpServer(); // closes all connections; the resources are asked for nothing any more
  HttpServer(const HttpServer &) = delete;
  HttpServer &operator=(const HttpServer &) = delete;

  struct Resources {
    // [HTTP thread] The answer to a path without its query.
    std::function<HttpAnswer(std::string_view path)> get;
    // [HTTP thread] What clients of /events get once a second: one line.
    std::function<std::string()> event;
  };
  // Answers from now on, with these in the place of others that were given before.
  void serve(Resources resources);

  // "127.0.0.1:9464", with the port that it has.
  std::string address() const;
  // [any-thread] Open now.
  std::size_t connections() const;

private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

} // namespace jetcapture::host
