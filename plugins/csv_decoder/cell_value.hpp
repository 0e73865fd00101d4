// The value of a field, by the type of its column.
#pragma once

#include "common/column_type.hpp"
#include "csv_decoder/row_reader.hpp"
#include "text/json_document.hpp"

#include <jetcapture/payload.h>

#include <optional>

namespace jetcapture::csv_decoder {

// nullopt: it is none of that type. Text stays where it is. automatic: a number (exact: JsonNumber::put_into), true or
// false, else text. json: for JSON; kept by the caller, for its memory.
std::optional<jetcapture_value> cell_value(const Cell &cell, common::Type type, plugins::JsonDocument &json);

} // namespace jetcapture::csv_decoder
