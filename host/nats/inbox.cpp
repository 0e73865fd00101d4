#include "nats/inbox.hpp"

#include "delivery/delivery.hpp"

#include <nats/nats.h>

namespace jetcapture::host {

std::string new_inbox(const std::string &prefix) {
  natsInbox *inbox = nullptr;
  if (natsInbox_Create(&inbox) != NATS_OK)
    throw DeliveryError("no inbox can be made: out of memory");
  const std::string text = inbox;
  natsInbox_Destroy(inbox);
  return prefix.empty() ? text : prefix + text.substr(text.find('.'));
}

} // namespace jetcapture::host
