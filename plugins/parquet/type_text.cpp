#include "parquet/type_text.hpp"

#include "jetcapture/payload.h"
#include "text/json.hpp"
#include "text/scratch.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <simdjson.h>

namespace jetcapture::plugins {

namespace {

struct KindName {
  std::int32_t kind;
  std::string_view name;
};
constexpr std::array<KindName, 12> kind_names = {{{JETCAPTURE_FLAG, "flag"},
                                                  {JETCAPTURE_INTEGER, "integer"},
                                                  {JETCAPTURE_UNSIGNED, "unsigned"},
                                                  {JETCAPTURE_NUMBER, "number"},
                                                  {JETCAPTURE_TEXT, "text"},
                                                  {JETCAPTURE_BYTES, "bytes"},
                                                  {JETCAPTURE_TIMESTAMP, "timestamp"},
                                                  {JETCAPTURE_JSON, "json"},
                                                  {JETCAPTURE_DECIMAL, "decimal"},
                                                  {JETCAPTURE_DATE, "date"},
                                                  {JETCAPTURE_LIST, "list"},
                                                  {JETCAPTURE_STRUCT, "struct"}}};

void put(Out out, const NamedType &column) {
  out.put('[');
  put_json_string(out, column.name);
  out.put(",\"");
  out.put(std::find_if(kind_names.begin(), kind_names.end(), [&](const KindName &one) {
            return one.kind == column.type.kind;
          })->name);
  out.put('"');
  if (column.type.kind == JETCAPTURE_DECIMAL)
    out.put("," + std::to_string(column.type.scale));
  for (const NamedType &child : column.type.children) {
    out.put(',');
    put(out, child);
  }
  out.put(']');
}

// Throws simdjson_error: it is no column.
NamedType column_of(simdjson::dom::element element) {
  NamedType column;
  std::size_t at = 0;
  for (const simdjson::dom::element part : simdjson::dom::array(element)) {
    if (at == 0) {
      column.name = std::string_view(part);
    } else if (at == 1) {
      const std::string_view name = part;
      for (const KindName &one : kind_names)
        if (one.name == name)
          column.type.kind = one.kind;
    } else if (column.type.kind == JETCAPTURE_DECIMAL) {
      column.type.scale = static_cast<std::int32_t>(std::int64_t(part));
    } else {
      column.type.children.push_back(column_of(part));
    }
    at++;
  }
  const std::size_t children = column.type.children.size();
  const bool right = column.type.kind == JETCAPTURE_LIST     ? children == 1
                     : column.type.kind == JETCAPTURE_STRUCT ? children >= 1
                                                             : children == 0;
  if (!right || column.type.kind == JETCAPTURE_NULL || column.type.scale < 0 || column.type.scale > most_digits)
    throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return column;
}

} // namespace

std::string text_of(const std::vector<NamedType> &columns) {
  Scratch scratch;
  scratch.out().put("{\"columns\": [");
  for (const NamedType &column : columns) {
    scratch.out().put(&column == columns.data() ? "\n" : ",\n");
    put(scratch.out(), column);
  }
  scratch.out().put("\n]}\n");
  return std::string(scratch.text());
}

std::optional<std::vector<NamedType>> parse_types(const std::string &text) {
  try {
    simdjson::dom::parser parser;
    std::vector<NamedType> columns;
    const simdjson::dom::array given = parser.parse(text)["columns"];
    for (const simdjson::dom::element column : given)
      columns.push_back(column_of(column));
    return columns;
  } catch (const simdjson::simdjson_error &) {
    return std::nullopt;
  }
}

} // namespace jetcapture::plugins
