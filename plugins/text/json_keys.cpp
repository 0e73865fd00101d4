#include "text/json_keys.hpp"

#include "text/checked.hpp"
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

bool has_children(std::int32_t kind) {
  return kind == JETCAPTURE_LIST || kind == JETCAPTURE_STRUCT;
}

void check_children(const jetcapture_column &column, unsigned depth) {
  const std::string name = "the column \"" + std::string(view(column.name)) + "\" ";
  if (column.kind == JETCAPTURE_LIST ? column.child_count != 1 : has_children(column.kind) != (column.child_count > 0))
    throw BadData(name + "of kind " + std::to_string(column.kind) + " has " + std::to_string(column.child_count) +
                  " children; a list has one, a struct one or more, every other kind none");
  if (depth > JETCAPTURE_MOST_NESTING)
    throw BadData(name + "is nested deeper than " + std::to_string(JETCAPTURE_MOST_NESTING));
  const jetcapture_schema children = {sizeof children, column.child_count, 0, column.children};
  check(children);
}

} // namespace

JsonKeys::JsonKeys(const jetcapture_schema &schema) {
  check(schema);
  add(schema.columns, schema.column_count, 1);
}

JsonKeys::JsonKeys(const jetcapture_column &column, unsigned depth) {
  add(column.children, column.child_count, depth);
}

void JsonKeys::add(const jetcapture_column *const *columns, std::uint32_t count, unsigned depth) {
  std::unordered_set<std::string> taken;
  keys_.reserve(count);
  for (std::uint32_t i = 0; i < count; i++) {
    const jetcapture_column &column = *columns[i];
    check_children(column, depth);
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
    keys_.push_back({rendered(plain), rendered(base64), nullptr, column.kind, nullptr});
    keys_.back().null = may_be_plain ? &keys_.back().plain : &keys_.back().base64;
    if (has_children(column.kind))
      keys_.back().children.reset(new JsonKeys(column, depth + 1));
    if (may_be_plain)
      taken.insert(std::move(plain));
    if (may_be_bytes)
      taken.insert(std::move(base64));
  }
}

} // namespace jetcapture::plugins
