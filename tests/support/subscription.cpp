#include "support/subscription.hpp"

#include <stdexcept>

namespace jetcapture::test {

Subscription::Subscription(const std::string &url, const std::string &subject) {
  if (natsConnection_ConnectTo(&connection_, url.c_str()) != NATS_OK ||
      natsConnection_SubscribeSync(&subscription_, connection_, subject.c_str()) != NATS_OK ||
      natsConnection_FlushTimeout(connection_, 5000) != NATS_OK)
    throw std::runtime_error("can't subscribe to " + subject + " at " + url);
}

Subscription::~Subscription() {
  // First the connection: its reading thread may still use the subscription (host/nats/subscription.hpp).
  natsConnection_Destroy(connection_);
  natsSubscription_Destroy(subscription_);
}

std::string Subscription::next(std::chrono::milliseconds deadline) {
  natsMsg *message = nullptr;
  if (natsSubscription_NextMsg(&message, subscription_, deadline.count()) != NATS_OK)
    return "";
  std::string data(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
  natsMsg_Destroy(message);
  return data;
}

} // namespace jetcapture::test
