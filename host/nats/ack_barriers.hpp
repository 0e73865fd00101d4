// Acks that the server is asked to confirm: with one of them all are confirmed that were sent before it on the same
// connection, since the server handles them in order (ADR-13). Several may be on their way: waiting for each would
// leave the server idle meanwhile.
//
// One thread.
#pragma once

#include "nats/connection.hpp"
#include "nats/subscription.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace jetcapture::host {

class AckBarriers {
public:
  // Throws DeliveryError when the answers can't be subscribed to.
  AckBarriers(Connection &connection, const std::string &inbox_prefix);

  // Sends the ack of that subject as the next barrier. False: it could not be sent.
  bool send(const char *subject);
  // Waits for the answer to the next one. False: it did not come in that time or before a later one, the connection was
  // established again since it had reconnected so many times, or the server has nobody for such acks.
  bool wait(std::chrono::milliseconds timeout, std::uint64_t reconnects);
  // Why the last wait() was false: nobody takes such acks.
  bool nobody() const { return nobody_; }
  // No answer to what was sent until now will be waited for.
  void forget() { confirmed_ = sent_; }

  // Numbers, from 1: of the last one sent, and of the last one confirmed.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t confirmed() const { return confirmed_; }

private:
  Connection &connection_;
  const std::string inbox_; // with a dot at the end; the number of the barrier follows
  Subscription subscription_;
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;
  bool nobody_ = false;
};

} // namespace jetcapture::host
