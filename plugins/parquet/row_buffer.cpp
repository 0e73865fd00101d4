#include "parquet/row_buffer.hpp"

#include "jetcapture/plugin.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace jetcapture::plugins {

namespace {

constexpr std::uint32_t absent = UINT32_MAX;
constexpr std::size_t most_known = 8;

// A name that comes again gets _2, _3 and so on: readers of Parquet find columns by name.
std::vector<std::string> unique_names(const jetcapture_schema &schema) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  for (std::uint32_t i = 0; i < schema.column_count; i++) {
    std::string first(view(schema.columns[i]->name));
    if (!is_utf8(first))
      throw BadData("a column's name is not UTF-8, which Parquet can't hold");
    if (first.empty())
      first = "_";
    std::string name = first;
    for (std::uint32_t number = 2; !taken.insert(name).second; number++)
      name = first + "_" + std::to_string(number);
    names.push_back(std::move(name));
  }
  return names;
}

[[noreturn]] void refuse(const jetcapture_record &record, std::uint32_t column, const char *why) {
  throw BadData("column \"" + std::string(view(record.schema->columns[column]->name)) + "\": " + why);
}

} // namespace

const RowBuffer::Known &RowBuffer::known(const jetcapture_schema &schema) {
  const SchemaIdentity identity(schema);
  if (latest_ < known_.size() && known_[latest_].schema == identity)
    return known_[latest_];
  for (latest_ = 0; latest_ < known_.size(); latest_++)
    if (known_[latest_].schema == identity)
      return known_[latest_];

  std::unordered_map<std::string_view, std::uint32_t> place_of;
  for (std::uint32_t i = 0; i < columns_.size(); i++)
    place_of.emplace(columns_[i].name, i);
  const std::vector<std::string> names = unique_names(schema);
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < names.size(); i++) {
    const auto found = place_of.find(names[i]);
    places.push_back(found != place_of.end() ? found->second : absent);
  }
  if (!settled_) {
    for (std::uint32_t i = 0; i < names.size(); i++) {
      if (places[i] == absent) {
        places[i] = static_cast<std::uint32_t>(columns_.size());
        columns_.push_back({names[i], 0, JETCAPTURE_NULL, {}});
      }
      const std::int32_t kind = schema.columns[i]->kind;
      if (kind > JETCAPTURE_NULL && kind <= JETCAPTURE_JSON)
        columns_[places[i]].announced_kinds |= 1u << kind;
    }
  }
  if (known_.size() == most_known)
    known_.erase(known_.begin());
  known_.push_back({identity, std::move(places)});
  latest_ = known_.size() - 1;
  return known_.back();
}

void RowBuffer::check_values(const jetcapture_record &record, const Known &schema) const {
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    const jetcapture_value &value = record.values[i];
    switch (value.kind) {
    case JETCAPTURE_NULL:
      continue;
    case JETCAPTURE_TEXT:
      if (!is_utf8(view(value.as.text)))
        refuse(record, i, "its text is not UTF-8, which Parquet's texts are; the decoder has to give it as bytes");
      break;
    case JETCAPTURE_JSON:
      if (value.as.text.size == 0)
        refuse(record, i, "its JSON text is empty, which is no JSON value");
      if (!is_utf8(view(value.as.text)))
        refuse(record, i, "its JSON text is not UTF-8");
      break;
    default:
      if (value.kind < 0 || value.kind > JETCAPTURE_JSON)
        refuse(record, i, "its value is of a kind that is not known here");
    }
    if (!settled_)
      continue;
    const std::string name(view(record.schema->columns[i]->name));
    if (schema.places[i] == absent)
      throw NextBlock("the column \"" + name + "\" is not in the schema of this file");
    if (!fits(columns_[schema.places[i]].kind, value))
      throw NextBlock("the column \"" + name + "\" of this file has another type than its value");
  }
}

void RowBuffer::append(const jetcapture_record &record) {
  if (record.value_count != record.schema->column_count)
    throw BadData("the decoder gave " + std::to_string(record.value_count) + " values for " +
                  std::to_string(record.schema->column_count) + " columns");
  if (record.value_count == 0)
    throw BadData("the record has no columns, which a Parquet file can't hold");
  const std::size_t columns_before = columns_.size();
  const Known &schema = known(*record.schema);
  try {
    check_values(record, schema);
  } catch (...) {
    drop_columns_from(columns_before);
    throw;
  }
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    const jetcapture_value &value = record.values[i];
    if (value.kind == JETCAPTURE_NULL)
      continue;
    ColumnValues &values = columns_[schema.places[i]].values;
    values.append_nulls(rows_ - values.rows());
    values.append(value);
    if (value.kind == JETCAPTURE_TEXT || value.kind == JETCAPTURE_BYTES || value.kind == JETCAPTURE_JSON)
      text_bytes_ += value.as.text.size;
  }
  rows_++;
}

void RowBuffer::mark() {
  for (Column &column : columns_)
    column.values.mark();
  marked_rows_ = rows_;
  marked_text_bytes_ = text_bytes_;
  marked_columns_ = columns_.size();
}

void RowBuffer::rollback() {
  for (Column &column : columns_)
    column.values.rollback();
  rows_ = marked_rows_;
  text_bytes_ = marked_text_bytes_;
  drop_columns_from(marked_columns_);
}

void RowBuffer::drop_columns_from(std::size_t count) {
  if (count >= columns_.size())
    return;
  columns_.resize(count);
  known_.clear();
}

void RowBuffer::fill_up() {
  for (Column &column : columns_)
    column.values.append_nulls(rows_ - column.values.rows());
}

void RowBuffer::settle() {
  for (Column &column : columns_)
    column.kind = column.values.settle(column.announced_kinds);
  settled_ = true;
}

const std::vector<RowBuffer::Column> &RowBuffer::columns() {
  fill_up();
  return columns_;
}

void RowBuffer::clear() {
  for (Column &column : columns_)
    column.values.clear();
  rows_ = text_bytes_ = marked_rows_ = marked_text_bytes_ = 0;
  marked_columns_ = columns_.size();
}

} // namespace jetcapture::plugins
