// The headers of a message as JSON: [["Name","value"],…], in their order, repeats kept.
#pragma once

#include "jetcapture/payload.h"
#include "jetcapture/plugin.hpp"

namespace jetcapture::plugins {

// Whether all names and values are UTF-8.
bool headers_are_text(const jetcapture_message &message);

// As texts where headers_are_text(), else all names and values in base64.
void put_headers(Out out, const jetcapture_message &message, bool as_text);

// One JSON value that tells which: the list of texts, or {"base64":[…]}.
void put_headers_value(Out out, const jetcapture_message &message);

} // namespace jetcapture::plugins
