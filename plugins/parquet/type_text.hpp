// Columns with their types as a text that is kept over restarts, and that a person can read: JSON, a column a line.
//
//   {"columns": [
//   ["id","integer"],
//   ["price","decimal",2],
//   ["lines","list",["item","struct",["sku","text"],["quantity","unsigned"]]]
//   ]}
#pragma once

#include "parquet/type.hpp"

#include <optional>
#include <string>
#include <vector>

namespace jetcapture::plugins {

std::string text_of(const std::vector<NamedType> &columns);

// nullopt: it is not such a text.
std::optional<std::vector<NamedType>> parse_types(const std::string &text);

} // namespace jetcapture::plugins
