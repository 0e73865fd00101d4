// One log line as bytes: key=value text, or one JSON object; always one line, always valid UTF-8, the JSON always
// valid.
#pragma once

#include "log/log.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace jetcapture::host {

// Appends the line with its newline. Text values are quoted where they are empty or have spaces, quotes, '=', '\' or
// bytes that are escaped: \n, \r, \t, \" and \\, else \xNN. JSON has U+FFFD for each byte that is not UTF-8, and null
// for NaN and infinities.
void append_line(std::string &out, LogFormat format, std::chrono::system_clock::time_point time, Level level,
                 std::string_view message, std::span<const Field> fields);

std::string_view to_string(Level level);

// The text with control characters, and bytes that are not UTF-8, as \\xNN: safe on a terminal, in a log line and in
// JSON.
std::string printable(std::string_view text);

} // namespace jetcapture::host
