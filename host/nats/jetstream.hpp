// Requests to the JetStream API, as JSON: nats.c before 3.5 drops consumer fields that it does not know
// (filter_subjects, metadata).
#pragma once

#include "nats/connection.hpp"
#include "nats/request.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace jetcapture::host {

// The server answered with an error.
struct ApiError : std::runtime_error {
  ApiError(int http_code, int server_code, const std::string &description)
      : std::runtime_error(description), code(http_code), err_code(server_code) {}
  int code;     // 404, 400, 503, …
  int err_code; // 10014 consumer not found, 10059 stream not found
};

class JetStream {
public:
  // Uses the connection; domain and prefix are those of the settings.
  JetStream(Connection &connection, const ConnectionSettings &settings);

  // [any-thread] [may block] subject without prefix: "CONSUMER.INFO.ORDERS.capture". body: JSON text or empty.
  // Throws ApiError or NoAnswer.
  nlohmann::json request(const std::string &subject, std::string_view body,
                         std::chrono::milliseconds timeout = std::chrono::seconds(5));
  // [any-thread] [may block] The same for a question, which changes nothing: asked again until the timeout is over.
  // While a stream or consumer gets another leader nobody answers, or a server says that JetStream is not available.
  nlohmann::json ask(const std::string &subject, std::string_view body,
                     std::chrono::milliseconds timeout = std::chrono::seconds(5));

  // [any-thread] Sends a request and waits for no answer: it may be lost.
  void send(const std::string &subject);

  // "$JS.API" or "$JS.<domain>.API" or the given prefix, without a dot at the end.
  const std::string &prefix() const { return prefix_; }

private:
  nlohmann::json answer_to(const std::string &subject, std::string_view body, std::chrono::milliseconds timeout,
                           Asked asked);

  Connection &connection_;
  std::string prefix_;
  std::string inbox_prefix_; // of the subjects for answers; empty: the library's
};

} // namespace jetcapture::host
