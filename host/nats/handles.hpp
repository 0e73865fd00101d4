// Owners of nats.c's objects: each is freed with its own function. Of a subscription: subscription.hpp.
#pragma once

#include <nats/nats.h>

#include <memory>

namespace jetcapture::host {

struct MessageDeleter {
  void operator()(natsMsg *message) const { natsMsg_Destroy(message); }
};
struct OptionsDeleter {
  void operator()(natsOptions *options) const { natsOptions_Destroy(options); }
};

using MessagePtr = std::unique_ptr<natsMsg, MessageDeleter>;
using OptionsPtr = std::unique_ptr<natsOptions, OptionsDeleter>;

} // namespace jetcapture::host
