// The value of a field, by the type of its column.
#pragma once

#include "common/column_type.hpp"
#include "csv_decoder/row_reader.hpp"

#include <jetcapture/payload.h>

#include <simdjson.h>

#include <optional>

namespace jetcapture::csv_decoder {

// nullopt: it is none of that type. Text stays where it is. automatic: an integer, a number, true or false, else text.
// parser: for JSON; kept by the caller, for its memory.
std::optional<jetcapture_value> cell_value(const Cell &cell, common::Type type, simdjson::dom::parser &parser);

} // namespace jetcapture::csv_decoder
