// One field of a row: a value in the dialect's form.
#pragma once

#include "csv/dialect.hpp"
#include "jetcapture/payload.h"

namespace jetcapture::plugins {

// alone: the row has no other field; it is then never an empty line, which readers skip.
// Throws BadData when a text is not UTF-8 or the value's kind is unknown; what was written has to be taken back then.
void put_field(Out out, const Dialect &dialect, const jetcapture_value &value, bool alone);

// A text that is no value: a column's name.
void put_text_field(Out out, const Dialect &dialect, std::string_view text);

} // namespace jetcapture::plugins
