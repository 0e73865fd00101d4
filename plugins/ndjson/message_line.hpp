// A whole message as one JSON object, from which it can be published again, byte for byte.
#pragma once

#include "jetcapture/payload.h"
#include "jetcapture/plugin.hpp"

namespace jetcapture::plugins {

// The object without a line break. What belongs to the delivery and not to the message (consumer, deliveries) is left
// out, so that the same message always gives the same line.
void put_message(Out out, const jetcapture_message &message);

} // namespace jetcapture::plugins
