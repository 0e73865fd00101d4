#include "ndjson/record_keys.hpp"

#include "text/json.hpp"
#include "text/scratch.hpp"

#include <unordered_set>

namespace jetcapture::plugins {

namespace {

std::string rendered(const std::string &name) {
  Scratch scratch;
  if (!put_json_string(scratch.out(), name))
    throw BadData("a column's name is not UTF-8, which JSON can't hold");
  scratch.out().put(':');
  return std::string(scratch.text());
}

} // namespace

RecordKeys::RecordKeys(const jetcapture_schema &schema) {
  std::unordered_set<std::string> taken;
  keys_.reserve(schema.column_count);
  for (std::uint32_t i = 0; i < schema.column_count; i++) {
    const jetcapture_column &column = *schema.columns[i];
    const std::string name(view(column.name));
    const bool may_be_plain = column.kind != JETCAPTURE_BYTES;
    const bool may_be_bytes = column.kind == JETCAPTURE_BYTES || column.kind == JETCAPTURE_NULL;
    std::string plain = name;
    std::string base64 = name + "_base64";
    for (std::uint32_t number = 2; (may_be_plain && taken.contains(plain)) || (may_be_bytes && taken.contains(base64));
         number++) {
      plain = name + "_" + std::to_string(number);
      base64 = plain + "_base64";
    }
    keys_.push_back({rendered(plain), rendered(base64), nullptr});
    keys_.back().null = may_be_plain ? &keys_.back().plain : &keys_.back().base64;
    if (may_be_plain)
      taken.insert(std::move(plain));
    if (may_be_bytes)
      taken.insert(std::move(base64));
  }
}

} // namespace jetcapture::plugins
