// A core NATS subscription of a test, on a connection of its own.
#pragma once

#include <nats/nats.h>

#include <chrono>
#include <string>

namespace jetcapture::test {

class Subscription {
public:
  Subscription(const std::string &url, const std::string &subject);
  ~Subscription();
  Subscription(const Subscription &) = delete;
  Subscription &operator=(const Subscription &) = delete;

  // The data of the next message; empty when none came.
  std::string next(std::chrono::milliseconds deadline);

private:
  natsConnection *connection_ = nullptr;
  natsSubscription *subscription_ = nullptr;
};

} // namespace jetcapture::test
