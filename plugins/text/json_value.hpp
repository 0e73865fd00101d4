// Values of records as JSON, straight into a block's bytes.
#pragma once

#include "jetcapture/plugin.hpp"
#include "text/json_keys.hpp"
#include "text/numbers.hpp"
#include "text/timestamp.hpp"

#include <algorithm>

namespace jetcapture::plugins {

constexpr std::size_t longest_plain = std::max(longest_number, longest_timestamp) + 2; // with quotes

// A value of few bytes: a null, a flag, a number, a timestamp or a date. Writes at most longest_plain bytes and returns
// their end; nullptr: it is of another kind. Throws BadData: a date that no year of four digits has.
char *format_plain(char *place, const jetcapture_value &value);

// Any value: bytes as base64, a list as an array, a struct as an object. key: of its column. Throws BadData, and what
// was written has to be taken back then: JSON can't hold it, its kind is not known, or it is not as its column is.
void put_json_value(Out out, const jetcapture_value &value, const JsonKeys::Key &key);

} // namespace jetcapture::plugins
