// The headers of a message as JSON, and back: [["Name","value"],…], in their order, repeats kept.
#pragma once

#include "jetcapture/payload.h"
#include "jetcapture/plugin.hpp"
#include "text/json_document.hpp"

#include <string>

namespace jetcapture::plugins {

// Whether all names and values are UTF-8.
bool headers_are_text(const jetcapture_message &message);

// As texts where headers_are_text(), else all names and values in base64.
void put_headers(Out out, const jetcapture_message &message, bool as_text);

// One JSON value that tells which: the list of texts, or {"base64":[…]}.
void put_headers_value(Out out, const jetcapture_message &message);

// The header block that a list of headers stands for: "NATS/1.0\r\nName: value\r\n\r\n"; empty where there are none.
// Throws
// BadData: it is no such list.
void read_headers(const JsonValue &list, bool as_text, std::string &block);

// The same of what put_headers_value() has written.
void read_headers_value(const JsonValue &value, std::string &block);

} // namespace jetcapture::plugins
