// One field of a row: a value in the dialect's form.
#pragma once

#include "csv/dialect.hpp"
#include "jetcapture/payload.h"
#include "text/json_keys.hpp"

namespace jetcapture::plugins {

// alone: the row has no other field; it is then never an empty line, which readers skip. A list and a struct: see
// put_nested_field(). Throws BadData when a text is not UTF-8 or the value's kind is unknown; what was written has to
// be taken back then.
void put_field(Out out, const Dialect &dialect, const jetcapture_value &value, bool alone);

// A list or a struct, as the text of its JSON. key: of its column; nullptr: the column is of another kind, which is bad
// data.
void put_nested_field(Out out, const Dialect &dialect, const jetcapture_value &value, const JsonKeys::Key *key);

// A text that is no value: a column's name.
void put_text_field(Out out, const Dialect &dialect, std::string_view text);

} // namespace jetcapture::plugins
