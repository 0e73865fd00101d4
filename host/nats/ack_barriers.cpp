#include "nats/ack_barriers.hpp"

#include "delivery/delivery.hpp"
#include "nats/handles.hpp"
#include "nats/inbox.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace jetcapture::host {

namespace {
constexpr std::chrono::milliseconds between_looks{100}; // at whether the connection is still the same
}

AckBarriers::AckBarriers(Connection &connection, const std::string &inbox_prefix)
    : connection_(connection), inbox_(new_inbox(inbox_prefix) + "."), subscription_(connection, inbox_ + "*") {
  if (subscription_.status() != NATS_OK)
    throw DeliveryError(std::string("subscribing to the answers to acks failed: ") +
                        natsStatus_GetText(subscription_.status()));
}

bool AckBarriers::send(const char *subject) {
  sent_++;
  return natsConnection_PublishRequest(connection_.get(), subject, (inbox_ + std::to_string(sent_)).c_str(), "", 0) ==
         NATS_OK;
}

bool AckBarriers::wait(std::chrono::milliseconds timeout, std::uint64_t reconnects) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    natsMsg *raw = nullptr;
    const natsStatus status =
        natsSubscription_NextMsg(&raw, subscription_.get(), std::min(timeout, between_looks).count());
    if (status == NATS_TIMEOUT && connection_.reconnects() == reconnects && std::chrono::steady_clock::now() < deadline)
      continue;
    nobody_ = status == NATS_NO_RESPONDERS; // nats.c gives this status in the place of the message.
    if (status != NATS_OK)
      return false;
    const MessagePtr answer(raw);
    const std::string_view number = std::string_view(natsMsg_GetSubject(raw)).substr(inbox_.size());
    std::uint64_t barrier = 0;
    std::from_chars(number.data(), number.data() + number.size(), barrier);
    if (barrier <= confirmed_ || barrier > sent_)
      continue;
    // Answers come in the order of the barriers: where one is missing, it was lost with its connection, and the acks
    // before it too.
    if (barrier != confirmed_ + 1)
      return false;
    confirmed_ = barrier;
    return true;
  }
}

} // namespace jetcapture::host
