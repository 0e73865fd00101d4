#include "nats/puller.hpp"
#include "settings/settings.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// A puller of a consumer that answers what the test says.
struct Pulling {
  Server server;
  Log log{Level::error};
  Settings settings;
  Connection connection{[this] {
                          settings.connection.servers = {server.url()};
                          return settings.connection;
                        }(),
                        "pull", log};
  PullRefusals refusals{"nats consumer info S C", log};
  Puller puller{connection,
                {.api_prefix = "FAKE", .stream = "S", .consumer = "C", .limits = [] { return ConsumerSettings{}; }},
                refusals,
                settings,
                log};

  void pull_for(std::chrono::milliseconds duration) {
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end)
      CHECK(puller.next(20ms) == nullptr);
  }
};

// Answers each pull request at once with that status.
class Refuser {
public:
  Refuser(const std::string &url, std::string status, std::string description)
      : status_(std::move(status)), description_(std::move(description)) {
    REQUIRE(natsConnection_ConnectTo(&connection_, url.c_str()) == NATS_OK);
    REQUIRE(natsConnection_Subscribe(&subscription_, connection_, "FAKE.CONSUMER.MSG.NEXT.S.C", &Refuser::answer,
                                     this) == NATS_OK);
    REQUIRE(natsConnection_Flush(connection_) == NATS_OK);
  }
  ~Refuser() {
    natsSubscription_Destroy(subscription_);
    natsConnection_Destroy(connection_);
  }
  Refuser(const Refuser &) = delete;
  Refuser &operator=(const Refuser &) = delete;

private:
  static void answer(natsConnection *connection, natsSubscription *, natsMsg *request, void *self) {
    const auto &refuser = *static_cast<const Refuser *>(self);
    natsMsg *message = nullptr;
    natsMsg_Create(&message, natsMsg_GetReply(request), nullptr, "", 0);
    natsMsgHeader_Set(message, "Status", refuser.status_.c_str());
    natsMsgHeader_Set(message, "Description", refuser.description_.c_str());
    natsMsgHeader_Set(message, "Nats-Pending-Messages", "20000");
    natsConnection_PublishMsg(connection, message);
    natsMsg_Destroy(message);
    natsMsg_Destroy(request);
  }
  const std::string status_;
  const std::string description_;
  natsConnection *connection_ = nullptr;
  natsSubscription *subscription_ = nullptr;
};

} // namespace

TEST_CASE("pull requests that are refused for an unknown reason are counted, and never sent in a loop") {
  Pulling pulling;
  const Refuser refuser(pulling.server.url(), "418", "I'm a teapot");
  pulling.pull_for(2s);
  // At once, after 0.5 s, after 1 s more.
  CHECK(pulling.puller.requests() <= 3);
  CHECK(pulling.refusals.counts().at("418 I'm a teapot") >= 1);
  CHECK(pulling.puller.trouble().find("418 I'm a teapot") != std::string::npos);
  CHECK(pulling.puller.take_doubt());
}

TEST_CASE("pull requests that end at once without a message are not sent in a loop") {
  Pulling pulling;
  const Refuser refuser(pulling.server.url(), "408", "Request Timeout");
  const auto begin = std::chrono::steady_clock::now();
  pulling.pull_for(2s);
  // One that ends within 50 ms is followed by a pause. On a busy machine each may take just longer.
  CHECK(pulling.puller.requests() <= 1 + (std::chrono::steady_clock::now() - begin) / 50ms);
}

TEST_CASE("pull requests that nobody answers are trouble, and do not end the capture") {
  Pulling pulling;
  pulling.pull_for(1s);
  CHECK(pulling.puller.requests() <= 2);
  CHECK(pulling.puller.trouble().find("503 No Responders") != std::string::npos);
}
