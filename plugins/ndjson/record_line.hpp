// A record as one JSON object.
#pragma once

#include "jetcapture/plugin.hpp"
#include "text/json_keys.hpp"

namespace jetcapture::plugins {

enum class Nulls { keep, omit };

// The object without a line break. record: checked, with keys of its schema. Throws BadData for a value that JSON can't
// hold; what was written has to be taken back then.
void put_record(Out out, const jetcapture_record &record, const JsonKeys &keys, Nulls nulls);

} // namespace jetcapture::plugins
