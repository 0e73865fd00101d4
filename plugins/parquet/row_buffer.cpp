#include "parquet/row_buffer.hpp"

#include "jetcapture/plugin.hpp"
#include "parquet/capture_types.hpp"
#include "parquet/value_checks.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t most_known = 8;
constexpr std::uint64_t most_values_at_once = 8 << 20; // out of JSON; each takes some 20 bytes while it is written

// A name that comes again gets _2, _3 and so on: readers of Parquet find columns by name.
std::vector<std::string> unique_names(const jetcapture_column *const *columns, std::uint32_t count) {
  std::vector<std::string> names;
  std::unordered_set<std::string> taken;
  for (std::uint32_t i = 0; i < count; i++) {
    std::string first(view(columns[i]->name));
    if (first.empty())
      first = "_";
    std::string name = first;
    for (std::uint32_t number = 2; !taken.insert(name).second; number++)
      name = first + "_" + std::to_string(number);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<Place> places_below(const jetcapture_column &column, Column &to, bool may_grow);

// may_grow: members that are not there are added. A column that is text in the file may always: what is below it is
// only kept there until it is written.
std::vector<Place> places_of(const jetcapture_column *const *columns, std::uint32_t count, Column &parent,
                             bool may_grow) {
  std::unordered_map<std::string, std::uint32_t> known;
  for (std::uint32_t i = 0; i < parent.members().size(); i++)
    known.emplace(parent.members()[i].name(), i);
  std::vector<Place> places(count);
  const std::vector<std::string> names = unique_names(columns, count);
  for (std::uint32_t i = 0; i < count; i++) {
    const auto found = known.find(names[i]);
    if (found == known.end() && !may_grow)
      continue;
    places[i].member = found == known.end() ? parent.add_member(names[i]) : found->second;
    places[i].children = places_below(*columns[i], parent.member(places[i].member), may_grow);
  }
  return places;
}

std::vector<Place> places_below(const jetcapture_column &column, Column &to, bool may_grow) {
  const bool grows = may_grow || to.type().kind == JETCAPTURE_TEXT;
  if (may_grow)
    to.announce(column.kind);
  if (column.kind == JETCAPTURE_STRUCT)
    return places_of(column.children, column.child_count, to, grows);
  if (column.kind != JETCAPTURE_LIST || (!grows && to.type().kind != JETCAPTURE_LIST))
    return {};
  return {{0, places_below(*column.children[0], to.element(), grows)}};
}

} // namespace

const RowBuffer::Known *RowBuffer::find(const jetcapture_schema &schema) {
  const SchemaIdentity identity(schema);
  if (latest_ < known_.size() && known_[latest_].schema == identity)
    return &known_[latest_];
  for (latest_ = 0; latest_ < known_.size(); latest_++)
    if (known_[latest_].schema == identity)
      return &known_[latest_];
  return nullptr;
}

const RowBuffer::Known &RowBuffer::learn(const jetcapture_schema &schema) {
  if (known_.size() == most_known)
    known_.erase(known_.begin());
  known_.push_back({SchemaIdentity(schema), places_of(schema.columns, schema.column_count, root_, !settled_)});
  latest_ = known_.size() - 1;
  return known_.back();
}

void RowBuffer::check_fit(const jetcapture_record &record, const std::vector<Place> &places) {
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    const jetcapture_value &value = record.values[i];
    if (value.kind == JETCAPTURE_NULL)
      continue;
    if (places[i].member == Place::none)
      throw NextBlock("the column \"" + std::string(view(record.schema->columns[i]->name)) +
                      "\" is not in the schema of this file");
    if (!root_.members()[places[i].member].fits(value, places[i].children, document_))
      throw NextBlock("the column \"" + std::string(view(record.schema->columns[i]->name)) +
                      "\" of this file does not take its value as it is");
  }
}

void RowBuffer::append(const jetcapture_record &record) {
  const Known *known = record.schema == nullptr ? nullptr : find(*record.schema);
  if (known == nullptr)
    check_schema(record.schema);
  if (record.value_count != record.schema->column_count || record.values == nullptr)
    throw BadData("the decoder gave " + std::to_string(record.values == nullptr ? 0 : record.value_count) +
                  " values for " + std::to_string(record.schema->column_count) + " columns");
  for (std::uint32_t i = 0; i < record.value_count; i++)
    check_value(record.values[i], *record.schema->columns[i]);
  if (known == nullptr)
    known = &learn(*record.schema);
  if (known->places.size() != record.value_count)
    throw BadData("the decoder gave the revision " + std::to_string(record.schema->revision) +
                  " to two schemas; each has one of its own");
  if (settled_)
    check_fit(record, known->places);
  jetcapture_value row = jetcapture_children(JETCAPTURE_STRUCT, record.values, record.value_count);
  value_bytes_ += root_.append(row, known->places) - record.value_count * Column::bytes_a_row;
}

void RowBuffer::mark() {
  root_.mark();
  marked_rows_ = rows();
  marked_value_bytes_ = value_bytes_;
}

void RowBuffer::rollback() {
  root_.rollback();
  value_bytes_ = marked_value_bytes_;
  // Schemas that came since may say something of columns that are gone.
  known_.clear();
}

void RowBuffer::settle(CaptureTypes &types) {
  types.settle(root_);
  settled_ = true;
}

const std::vector<Column> &RowBuffer::columns() {
  root_.complete(rows());
  return root_.members();
}

std::size_t RowBuffer::rows_at_once() const {
  std::uint64_t values = 0;
  for (const Column &column : root_.members())
    values += column.values_in_json();
  const std::uint64_t groups = values / most_values_at_once + 1;
  return static_cast<std::size_t>(std::max<std::uint64_t>(rows() / groups, 1));
}

void RowBuffer::clear() {
  root_.clear();
  value_bytes_ = marked_rows_ = marked_value_bytes_ = 0;
}

} // namespace jetcapture::plugins
