// Values as text, in a column that had to become text, and as JSON inside of lists and structs there.
#pragma once

#include "jetcapture/plugin.hpp"
#include "parquet/widening.hpp"

namespace jetcapture::plugins {

// 12, 0.5, true, 2024-02-29T12:00:00Z, 2024-02-29; text and JSON as they are, bytes in base64. Not of null.
void put_as_text(Out out, const Held &value);
// The same as JSON: with quotes where they belong. null is null.
void put_as_json(Out out, const Held &value);

} // namespace jetcapture::plugins
