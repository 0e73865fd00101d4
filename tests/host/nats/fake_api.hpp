// Somebody who answers requests as a test wants it, in place of JetStream.
#pragma once

#include "support/server.hpp"

#include <nats/nats.h>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

// What answers a request: data, or a status without data ("NATS/1.0 404 No Messages\r\n\r\n").
struct FakeAnswer {
  std::string text;
  std::string ask = {}; // a subject whose answers to this text are those to the request
};

class FakeApi {
public:
  // Answers each request of the subject with the next of the answers: with none, one or several messages. The server
  // outlives it.
  FakeApi(const Server &server, const std::string &subject, std::vector<std::vector<FakeAnswer>> answers)
      : answers_(std::move(answers)), client_(server.url()) {
    if (natsConnection_ConnectTo(&connection_, server.url().c_str()) != NATS_OK ||
        natsConnection_Subscribe(&subscription_, connection_, subject.c_str(), &FakeApi::on_request, this) != NATS_OK ||
        natsConnection_FlushTimeout(connection_, 5000) != NATS_OK)
      throw std::runtime_error("can't subscribe at " + server.url());
  }
  ~FakeApi() {
    natsSubscription_Destroy(subscription_);
    natsConnection_Destroy(connection_);
  }
  FakeApi(const FakeApi &) = delete;
  FakeApi &operator=(const FakeApi &) = delete;

  std::size_t requests() const { return requests_; }

private:
  static void on_request(natsConnection *connection, natsSubscription *, natsMsg *request, void *self) {
    auto &api = *static_cast<FakeApi *>(self);
    const std::size_t number = api.requests_++;
    if (number < api.answers_.size())
      for (const FakeAnswer &answer : api.answers_[number])
        api.send(connection, natsMsg_GetReply(request), answer);
    natsMsg_Destroy(request);
  }
  void send(natsConnection *connection, const char *inbox, const FakeAnswer &answer) {
    if (answer.text.starts_with("NATS/1.0")) {
      // What was sent before comes first.
      natsConnection_FlushTimeout(connection, 5000);
      client_.publish_exactly(inbox, answer.text, "");
    } else if (answer.ask.empty()) {
      natsConnection_PublishString(connection, inbox, answer.text.c_str());
    } else {
      natsConnection_PublishRequestString(connection, answer.ask.c_str(), inbox, answer.text.c_str());
    }
  }

  const std::vector<std::vector<FakeAnswer>> answers_;
  Client client_;
  std::atomic<std::size_t> requests_ = 0;
  natsConnection *connection_ = nullptr;
  natsSubscription *subscription_ = nullptr;
};

} // namespace jetcapture::test
