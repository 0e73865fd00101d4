// A subscription of a connection.
//
// Until nats.c 3.6.0 the thread that reads the connection looks a subscription up and then uses it without holding it
// (natsConn_processMsg in src/conn.c): one that is destroyed while a message comes for it is used after it was freed.
// So a subscription that ends is given to its connection, which destroys it once that thread has gone on.
#pragma once

#include "nats/connection.hpp"

#include <nats/nats.h>

#include <string>

namespace jetcapture::host {

class Subscription {
public:
  // status() tells whether it was possible. The connection outlives it.
  Subscription(Connection &connection, const std::string &subject) : connection_(connection) {
    status_ = natsConnection_SubscribeSync(&subscription_, connection.get(), subject.c_str());
  }
  // [may block] for an answer of the server where messages still wait in it.
  ~Subscription() {
    if (subscription_ != nullptr)
      connection_.destroy_later(subscription_);
  }
  Subscription(const Subscription &) = delete;
  Subscription &operator=(const Subscription &) = delete;

  natsSubscription *get() const { return subscription_; }
  natsStatus status() const { return status_; }

private:
  Connection &connection_;
  natsSubscription *subscription_ = nullptr;
  natsStatus status_;
};

} // namespace jetcapture::host
