// A record as one JSON object.
#pragma once

#include "jetcapture/plugin.hpp"
#include "ndjson/record_keys.hpp"

namespace jetcapture::plugins {

enum class Nulls { keep, omit };

// The object without a line break. Throws BadData for a value that JSON can't hold; what was written has to be taken
// back then.
void put_record(Out out, const jetcapture_record &record, const RecordKeys &keys, Nulls nulls);

} // namespace jetcapture::plugins
