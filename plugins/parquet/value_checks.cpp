#include "parquet/value_checks.hpp"

#include "jetcapture/plugin.hpp"
#include "parquet/decimal.hpp"
#include "parquet/widening.hpp"
#include "text/utf8.hpp"

#include <string>

namespace jetcapture::plugins {

namespace {

constexpr std::int64_t first_date = -719'162; // 0001-01-01
constexpr std::int64_t last_date = 2'932'896; // 9999-12-31

[[noreturn]] void refuse(const jetcapture_column &column, const std::string &why) {
  throw BadData("column \"" + std::string(view(column.name)) + "\": " + why);
}

void check_column(const jetcapture_column *column, int level) {
  if (column == nullptr || (column->name.data == nullptr && column->name.size != 0))
    throw BadData("the decoder gave a schema without one of its columns, or without its name");
  if (!is_utf8(view(column->name)))
    throw BadData("a column's name is not UTF-8, which Parquet can't hold");
  if (column->kind < JETCAPTURE_NULL || column->kind > last_kind)
    refuse(*column, "its kind is " + std::to_string(column->kind) + ", which is not known here");
  if (level > JETCAPTURE_MOST_NESTING)
    refuse(*column, "it is nested in more than " + std::to_string(JETCAPTURE_MOST_NESTING) + " levels");
  const bool right_count = column->kind == JETCAPTURE_LIST     ? column->child_count == 1
                           : column->kind == JETCAPTURE_STRUCT ? column->child_count >= 1
                                                               : column->child_count == 0;
  if (!right_count || (column->children == nullptr && column->child_count != 0))
    refuse(*column, "a list has one child, a struct one or more, and every other column none; this one has " +
                        std::to_string(column->children == nullptr ? 0 : column->child_count));
  for (std::uint32_t i = 0; i < column->child_count; i++)
    check_column(column->children[i], level + 1);
}

void check_children(const jetcapture_value &value, const jetcapture_column &column) {
  const auto &children = value.as.children;
  if (children.values == nullptr && children.count != 0)
    refuse(column, "its value has " + std::to_string(children.count) + " children and no pointer to them");
  if (value.kind == JETCAPTURE_STRUCT && children.count != column.child_count)
    refuse(column, "its struct has " + std::to_string(children.count) + " values for " +
                       std::to_string(column.child_count) + " members");
  for (std::uint64_t i = 0; i < children.count; i++)
    check_value(children.values[i], *column.children[value.kind == JETCAPTURE_STRUCT ? i : 0]);
}

} // namespace

void check_schema(const jetcapture_schema *schema) {
  if (schema == nullptr)
    throw BadData("the decoder gave a record without a schema");
  if (schema->column_count == 0)
    throw BadData("the record has no columns, which a Parquet file can't hold");
  if (schema->columns == nullptr)
    throw BadData("the decoder gave a schema with " + std::to_string(schema->column_count) +
                  " columns and none of them");
  for (std::uint32_t i = 0; i < schema->column_count; i++)
    check_column(schema->columns[i], 1);
}

void check_value(const jetcapture_value &value, const jetcapture_column &column) {
  if (value.kind == JETCAPTURE_NULL)
    return;
  if (value.kind < JETCAPTURE_NULL || value.kind > last_kind)
    refuse(column, "its value is of kind " + std::to_string(value.kind) + ", which is not known here");
  const bool nested = (kind_bit(value.kind) & nested_kinds) != 0;
  if (column.kind == JETCAPTURE_NULL ? nested : value.kind != column.kind)
    refuse(column, "its value is of kind " + std::to_string(value.kind) + ", and the column of kind " +
                       std::to_string(column.kind));
  if (has_text(value.kind) && value.as.text.data == nullptr && value.as.text.size != 0)
    refuse(column, "its value has " + std::to_string(value.as.text.size) + " bytes and no pointer to them");
  switch (value.kind) {
  case JETCAPTURE_TEXT:
    if (!is_utf8(view(value.as.text)))
      refuse(column, "its text is not UTF-8, which Parquet's texts are; the decoder has to give it as bytes; of whole "
                     "messages ndjson takes it, and data=bytes where it is their data");
    return;
  case JETCAPTURE_JSON:
    if (value.as.text.size == 0)
      refuse(column, "its JSON text is empty, which is no JSON value");
    if (!is_utf8(view(value.as.text)))
      refuse(column, "its JSON text is not UTF-8");
    return;
  case JETCAPTURE_DECIMAL:
    if (!DecimalNumber::of(view(value.as.text)))
      refuse(column, "its decimal is not a number as JSON writes it");
    return;
  case JETCAPTURE_DATE:
    if (value.as.integer < first_date || value.as.integer > last_date)
      refuse(column, "its date is not in the years 0001 to 9999");
    return;
  case JETCAPTURE_LIST:
  case JETCAPTURE_STRUCT:
    return check_children(value, column);
  default:
    return;
  }
}

} // namespace jetcapture::plugins
