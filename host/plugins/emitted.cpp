#include "plugins/emitted.hpp"

#include <algorithm>
#include <cstddef>

namespace jetcapture::host {

namespace {

const char *breach_of_columns(const jetcapture_column *const *columns, std::uint32_t count, int levels);

const char *breach_of_column(const jetcapture_column *column, int levels) {
  if (column == nullptr)
    return "a schema in which a column is NULL";
  if (column->size < sizeof(jetcapture_column))
    return "a column with a size that is too small";
  if (breach_of(column->name) != nullptr)
    return "a column whose name has a size and no data";
  const bool has_children = column->kind == JETCAPTURE_STRUCT ? column->child_count > 0
                            : column->kind == JETCAPTURE_LIST ? column->child_count == 1
                                                              : column->child_count == 0;
  if (!has_children)
    return "a column with another number of children than its kind has";
  return breach_of_columns(column->children, column->child_count, levels - 1);
}

const char *breach_of_columns(const jetcapture_column *const *columns, std::uint32_t count, int levels) {
  if (count == 0)
    return nullptr;
  if (columns == nullptr)
    return "a schema with a number of columns, and no columns";
  if (levels == 0)
    return "a schema with too many levels of nested columns";
  for (std::uint32_t i = 0; i < count; i++)
    if (const char *breach = breach_of_column(columns[i], levels))
      return breach;
  return nullptr;
}

// Apart: within breach_of_value() each simple value would save the registers that this one needs.
[[gnu::noinline]] const char *breach_of_children(const jetcapture_value &value, const jetcapture_column &column);

const char *breach_of_value(const jetcapture_value &value, const jetcapture_column *column) {
  if (column == nullptr)
    return "a schema in which a column is NULL";
  if (value.kind == JETCAPTURE_NULL)
    return nullptr;
  if (value.kind != column->kind &&
      (column->kind != JETCAPTURE_NULL || value.kind == JETCAPTURE_LIST || value.kind == JETCAPTURE_STRUCT))
    return "a value of another kind than its column's";
  switch (value.kind) {
  case JETCAPTURE_FLAG:
    return value.as.uinteger > 1 ? "a flag that is neither 0 nor 1" : nullptr;
  case JETCAPTURE_TEXT:
  case JETCAPTURE_BYTES:
  case JETCAPTURE_JSON:
  case JETCAPTURE_DECIMAL:
    return breach_of(value.as.text);
  case JETCAPTURE_LIST:
  case JETCAPTURE_STRUCT:
    return breach_of_children(value, *column);
  default:
    return nullptr; // without anything to follow, or of a later minor version
  }
}

const char *breach_of_children(const jetcapture_value &value, const jetcapture_column &column) {
  const auto [values, count] = value.as.children;
  const bool is_struct = value.kind == JETCAPTURE_STRUCT;
  if (count > JETCAPTURE_MOST_TEXT_BYTES / sizeof(jetcapture_value) || (values == nullptr && count > 0))
    return "a list or a struct with a number of values, and no values";
  if (is_struct && count != column.child_count)
    return "a struct with another number of values than its column has children";
  for (std::uint64_t i = 0; i < count; i++)
    if (const char *breach = breach_of_value(values[i], column.children[is_struct ? i : 0]))
      return breach;
  return nullptr;
}

} // namespace

const char *breach_of(jetcapture_text text) {
  if (text.size > JETCAPTURE_MOST_TEXT_BYTES)
    return "a text above 1 GiB";
  return text.data == nullptr && text.size > 0 ? "a text that has a size and no data" : nullptr;
}

const char *breach_of(const jetcapture_item *item) {
  if (item == nullptr)
    return "no item";
  if (item->size < offsetof(jetcapture_item, event_time))
    return "an item with a size that is too small";
  if (item->payload == nullptr)
    return "an item with no payload";
  if (item->key_count > 0 && item->key == nullptr)
    return "an item with parts of a key, and no key";
  for (std::uint32_t i = 0; i < std::min(item->key_count, std::uint32_t{JETCAPTURE_MOST_KEY_PARTS}); i++)
    if (item->key[i].data == nullptr && item->key[i].size > 0)
      return "an item with a part of a key that has a size, and no data";
  return nullptr;
}

bool key_is_too_large(const jetcapture_item &item) {
  if (item.key_count > JETCAPTURE_MOST_KEY_PARTS)
    return true;
  std::uint64_t left = JETCAPTURE_MOST_KEY_BYTES;
  for (std::uint32_t i = 0; i < item.key_count; i++) {
    if (item.key[i].size > left)
      return true;
    left -= item.key[i].size;
  }
  return false;
}

const char *breach_of(const jetcapture_message &message) {
  if (message.size < sizeof(jetcapture_message))
    return "a message with a size that is too small";
  for (const jetcapture_text text :
       {message.subject, message.reply, message.data, message.stream, message.consumer, message.header_block})
    if (const char *breach = breach_of(text))
      return breach;
  if (message.headers == nullptr && message.header_count > 0)
    return "a message with a number of headers, and no headers";
  for (std::uint32_t i = 0; i < message.header_count; i++)
    for (const jetcapture_text text : {message.headers[i].name, message.headers[i].value})
      if (const char *breach = breach_of(text))
        return breach;
  return nullptr;
}

const char *PayloadCheck::breach(const void *payload, const jetcapture_message *given) {
  if (records_)
    return breach_of_record(*static_cast<const jetcapture_record *>(payload), given);
  if (messages_ && payload != given)
    return breach_of(*static_cast<const jetcapture_message *>(payload));
  return nullptr;
}

const char *PayloadCheck::breach_of_record(const jetcapture_record &record, const jetcapture_message *given) {
  if (record.size < sizeof(jetcapture_record))
    return "a record with a size that is too small";
  if (record.schema == nullptr)
    return "a record without a schema";
  if (record.values == nullptr && record.value_count > 0)
    return "a record with a number of values, and no values";
  if (record.message == nullptr)
    return "a record without the message that it was decoded from";
  if (record.message != given)
    if (const char *breach = breach_of(*record.message))
      return breach;
  const jetcapture_schema &schema = *record.schema;
  if (const char *breach = breach_of_schema(schema))
    return breach;
  if (record.value_count != schema.column_count)
    return "a record with another number of values than its schema has columns";
  for (std::uint32_t i = 0; i < record.value_count; i++)
    if (const char *breach = breach_of_value(record.values[i], schema.columns[i]))
      return breach;
  return nullptr;
}

const char *PayloadCheck::breach_of_schema(const jetcapture_schema &schema) {
  if (schema.size < sizeof(jetcapture_schema))
    return "a schema with a size that is too small";
  if (schema.revision == 0)
    return "a schema without a revision";
  if (schema.columns == nullptr && schema.column_count > 0)
    return "a schema with a number of columns, and no columns";
  std::uint64_t &known = known_[schema.revision % known_.size()];
  if (known == schema.revision)
    return nullptr;
  if (const char *breach = breach_of_columns(schema.columns, schema.column_count, JETCAPTURE_MOST_NESTING))
    return breach;
  known = schema.revision;
  return nullptr;
}

} // namespace jetcapture::host
