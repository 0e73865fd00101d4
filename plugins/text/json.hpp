// JSON texts (RFC 8259) straight into a block's bytes.
#pragma once

#include "jetcapture/plugin.hpp"

#include <string_view>

namespace jetcapture::plugins {

// A string with its quotes. False: text is not UTF-8, and what was written has to be taken back.
bool put_json_string(Out out, std::string_view text);

// Bytes in base64 with quotes.
void put_json_base64(Out out, std::string_view bytes);

// A JSON value as it is, in one line: line breaks, which can only stand between its parts, become spaces.
void put_json_in_one_line(Out out, std::string_view json);

} // namespace jetcapture::plugins
