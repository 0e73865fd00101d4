// Another client of a pull consumer, that takes messages and keeps them unacked for as long as a test likes.
#pragma once

#include <nats/nats.h>

#include <cstddef>
#include <string>
#include <vector>

namespace jetcapture::test {

class Holder {
public:
  // Takes so many messages, which the consumer has to have; throws std::runtime_error where they do not come.
  Holder(const std::string &url, const std::string &stream, const std::string &consumer, std::size_t count);
  ~Holder();
  Holder(const Holder &) = delete;
  Holder &operator=(const Holder &) = delete;

  void ack() { answer("+ACK"); }
  void give_back() { answer("-NAK"); }

private:
  void answer(const std::string &body);

  natsConnection *connection_ = nullptr;
  natsSubscription *subscription_ = nullptr;
  std::vector<std::string> replies_; // where acks go
};

} // namespace jetcapture::test
