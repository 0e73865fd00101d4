#include "csv/columns.hpp"

#include "jetcapture/plugin.hpp"
#include "text/checked.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace jetcapture::plugins {

namespace {

using Named = std::pair<std::string_view, std::uint32_t>; // a name and where it stands

constexpr std::size_t most_seen = 8;

} // namespace

Header header_of(const jetcapture_schema &schema) {
  check(schema);
  Header header;
  header.reserve(schema.column_count);
  for (std::uint32_t i = 0; i < schema.column_count; i++)
    header.emplace_back(view(schema.columns[i]->name));
  return header;
}

Columns::Columns(const jetcapture_schema &schema, const Header &header)
    : order(header.size(), absent), count(schema.column_count) {
  check(schema);
  for (std::uint32_t i = 0; i < schema.column_count && keys == nullptr; i++)
    if (schema.columns[i]->kind == JETCAPTURE_LIST || schema.columns[i]->kind == JETCAPTURE_STRUCT)
      keys = std::make_shared<const JsonKeys>(schema);
  std::vector<Named> fields;
  std::vector<Named> values;
  for (std::uint32_t i = 0; i < header.size(); i++)
    fields.emplace_back(header[i], i);
  for (std::uint32_t i = 0; i < schema.column_count; i++)
    values.emplace_back(view(schema.columns[i]->name), i);
  std::sort(fields.begin(), fields.end());
  std::sort(values.begin(), values.end());
  auto field = fields.begin();
  for (const auto &[name, index] : values) {
    while (field != fields.end() && field->first < name)
      ++field;
    if (field != fields.end() && field->first == name) {
      order[field->second] = index;
      ++field;
    } else {
      extra.push_back(index);
    }
  }
}

Layout::Layout(const jetcapture_schema &schema, const std::shared_ptr<const Header> &chosen)
    : header(chosen != nullptr ? chosen : std::make_shared<const Header>(header_of(schema))) {
  Columns matched(schema, *header);
  if (chosen != nullptr)
    matched.extra.clear();
  columns = std::make_shared<const Columns>(std::move(matched));
}

const Columns *SeenColumns::find(const SchemaIdentity &schema) {
  if (latest_ < entries_.size() && entries_[latest_].schema == schema)
    return entries_[latest_].columns.get();
  for (std::size_t i = 0; i < entries_.size(); i++) {
    if (entries_[i].schema == schema) {
      latest_ = i;
      return entries_[i].columns.get();
    }
  }
  return nullptr;
}

const Columns &SeenColumns::add(const SchemaIdentity &schema, std::shared_ptr<const Columns> columns) {
  if (entries_.size() == most_seen)
    entries_.erase(entries_.begin());
  entries_.push_back({schema, std::move(columns)});
  latest_ = entries_.size() - 1;
  return *entries_[latest_].columns;
}

void SeenColumns::clear() {
  entries_.clear();
  latest_ = 0;
}

} // namespace jetcapture::plugins
