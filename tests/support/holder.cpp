#include "support/holder.hpp"

#include <stdexcept>

namespace jetcapture::test {

Holder::Holder(const std::string &url, const std::string &stream, const std::string &consumer, std::size_t count) {
  const std::string inbox = "_INBOX.holder";
  const std::string request = "{\"batch\":" + std::to_string(count) + ",\"expires\":10000000000}";
  natsStatus status = natsConnection_ConnectTo(&connection_, url.c_str());
  if (status == NATS_OK)
    status = natsConnection_SubscribeSync(&subscription_, connection_, inbox.c_str());
  if (status == NATS_OK)
    status = natsConnection_PublishRequestString(
        connection_, ("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer).c_str(), inbox.c_str(), request.c_str());
  while (status == NATS_OK && replies_.size() < count) {
    natsMsg *message = nullptr;
    status = natsSubscription_NextMsg(&message, subscription_, 10000);
    if (status != NATS_OK)
      break;
    const char *const reply = natsMsg_GetReply(message);
    if (reply == nullptr)
      status = NATS_ERR; // a status: there are no more
    else
      replies_.emplace_back(reply);
    natsMsg_Destroy(message);
  }
  if (status != NATS_OK)
    throw std::runtime_error("only " + std::to_string(replies_.size()) + " of " + std::to_string(count) +
                             " messages came: " + natsStatus_GetText(status));
}

Holder::~Holder() {
  // First the connection: its reading thread may still use the subscription (host/nats/subscription.hpp).
  natsConnection_Destroy(connection_);
  natsSubscription_Destroy(subscription_);
}

void Holder::answer(const std::string &body) {
  natsStatus status = NATS_OK;
  for (const std::string &reply : replies_)
    if (status == NATS_OK)
      status = natsConnection_PublishString(connection_, reply.c_str(), body.c_str());
  if (status == NATS_OK)
    status = natsConnection_FlushTimeout(connection_, 5000);
  if (status != NATS_OK)
    throw std::runtime_error(std::string("the messages can't be answered: ") + natsStatus_GetText(status));
  replies_.clear();
}

} // namespace jetcapture::test
