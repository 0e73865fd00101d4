// What can't be decoded or written, kept whole: one line of JSON a message, with the reason.
#pragma once

#include "jetcapture/payload.h"

#include <string>
#include <string_view>

namespace jetcapture::host {

// {"reason":…,"subject":…,"stream":…,"sequence":…,"timestamp":…,"deliveries":…,"headers":[[name,value],…],"data":…} and
// a newline. Data, or a header, that is not UTF-8 stands in base64 ("data_base64", "headers_base64"). A header block
// that the headers do not tell stands in "header_block" too. The reader of the writer ndjson reads these lines.
std::string quarantine_line(const jetcapture_message &message, std::string_view reason);

} // namespace jetcapture::host
