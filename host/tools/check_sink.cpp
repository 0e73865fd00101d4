#include "tools/check_sink.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace jetcapture::host {
namespace {

// Those that the host files, whatever the interval: the years 1678 to 2261.
constexpr std::int64_t day = 86'400'000'000'000;
constexpr std::int64_t earliest_time = -106'650 * day;
constexpr std::int64_t latest_time = 106'651 * day - 1;

bool whole(jetcapture_text text) {
  return text.data != nullptr || text.size == 0;
}

std::string_view view(jetcapture_text text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, static_cast<std::size_t>(text.size));
}

// In the grammar of JSON; its own reader would refuse one that is larger than a double.
bool is_number(std::string_view text) {
  const auto digits = [&] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  const auto take = [&](std::string_view any_of) {
    const bool there = !text.empty() && any_of.find(text.front()) != std::string_view::npos;
    text.remove_prefix(there ? 1 : 0);
    return there;
  };
  take("-");
  if (!take("0") && !digits())
    return false;
  if (take(".") && !digits())
    return false;
  if (take("eE")) {
    take("+-");
    if (!digits())
      return false;
  }
  return text.empty();
}

} // namespace

CheckSink::CheckSink(std::string payload, std::uint64_t fail_at, jetcapture_status with)
    : interface_{{sizeof(jetcapture_sink), 0, &CheckSink::emit}, this}, payload_(std::move(payload)), fail_at_(fail_at),
      fail_with_(with) {}

jetcapture_status CheckSink::emit(const jetcapture_sink *sink, const jetcapture_item *item) {
  CheckSink &self = *reinterpret_cast<const Interface *>(sink)->owner;
  if (self.refused_) {
    self.items_after_refusal_++;
    return self.fail_with_;
  }
  self.items_++;
  self.write_down(*item);
  if (self.items_ == self.fail_at_) {
    self.refused_ = true;
    return self.fail_with_;
  }
  return self.on_payload && item->payload != nullptr ? self.on_payload(item->payload) : JETCAPTURE_OK;
}

void CheckSink::rule(bool holds, const std::string &sentence) {
  if (!holds && broken_rule_.empty())
    broken_rule_ = sentence;
}

void CheckSink::write_down(const jetcapture_item &item) {
  const bool has_payload = item.size >= offsetof(jetcapture_item, event_time);
  rule(has_payload, "an item's size is too small");
  rule(item.key_count <= JETCAPTURE_MOST_KEY_PARTS,
       "an item has more than " + std::to_string(JETCAPTURE_MOST_KEY_PARTS) + " parts of a key");
  rule(item.key_count == 0 || item.key != nullptr, "an item has parts of a key, and no key");
  rule(item.payload != nullptr, "an item has no payload");
  if (!has_payload)
    return;
  text_ += "item";
  std::uint64_t key_bytes = 0;
  for (std::uint32_t i = 0; i < item.key_count && item.key_count <= JETCAPTURE_MOST_KEY_PARTS && item.key != nullptr;
       i++) {
    rule(whole(item.key[i]), "a part of a key has a size and no data");
    if (!whole(item.key[i]))
      continue;
    text_.append(" /").append(view(item.key[i]));
    key_bytes += item.key[i].size;
  }
  rule(key_bytes <= JETCAPTURE_MOST_KEY_BYTES,
       "the parts of an item's key have more than " + std::to_string(JETCAPTURE_MOST_KEY_BYTES) + " bytes together");
  if (JETCAPTURE_HAS(&item, jetcapture_item, event_time) && item.event_time != JETCAPTURE_NO_TIME) {
    rule(item.event_time == message_time || (item.event_time >= earliest_time && item.event_time <= latest_time),
         "an item's event time is outside the years 1678 to 2261, where the host refuses it");
    text_ += " at " + std::to_string(item.event_time);
  }
  if (payload_ == JETCAPTURE_PAYLOAD_RECORD && item.payload != nullptr)
    write_down(*static_cast<const jetcapture_record *>(item.payload));
  text_ += '\n';
}

void CheckSink::write_down(const jetcapture_record &record) {
  const bool readable = record.size >= offsetof(jetcapture_record, message) && record.schema != nullptr &&
                        (record.values != nullptr || record.value_count == 0);
  rule(readable, "a record lacks its size, schema or values");
  if (!readable)
    return;
  const jetcapture_schema &schema = *record.schema;
  rule(schema.size >= sizeof(jetcapture_schema), "a schema's size is too small");
  rule(schema.revision > 0, "a schema's revision is 0");
  rule(record.value_count == schema.column_count, "a record has another number of values than its schema");
  if (record.value_count != schema.column_count)
    return;
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    text_.append(" ").append(view(schema.columns[i]->name)).append("=");
    write_down(*schema.columns[i], record.values[i], 1);
  }
}

void CheckSink::write_down(const jetcapture_column &column, const jetcapture_value &value, unsigned level) {
  const std::string name(view(column.name));
  const bool has_children = column.kind == JETCAPTURE_LIST || column.kind == JETCAPTURE_STRUCT;
  const bool is_parent = value.kind == JETCAPTURE_LIST || value.kind == JETCAPTURE_STRUCT;
  const bool readable = column.size >= sizeof(jetcapture_column) && level <= JETCAPTURE_MOST_NESTING;
  rule(column.size >= sizeof(jetcapture_column), "a column's size is too small");
  rule(level <= JETCAPTURE_MOST_NESTING,
       "the column " + name + " nests deeper than " + std::to_string(JETCAPTURE_MOST_NESTING) + " levels");
  if (!readable)
    return;
  const bool counts = column.kind == JETCAPTURE_LIST     ? column.child_count == 1
                      : column.kind == JETCAPTURE_STRUCT ? column.child_count > 0
                                                         : column.child_count == 0;
  rule(counts && (column.children != nullptr || column.child_count == 0),
       "the column " + name + " has the wrong children: a list has one, a struct one or more, others none");
  rule(value.kind >= JETCAPTURE_NULL && value.kind <= JETCAPTURE_STRUCT, "a value has an unknown kind");
  rule(value.kind == JETCAPTURE_NULL || value.kind == column.kind || (column.kind == JETCAPTURE_NULL && !is_parent),
       "the value of the column " + name + " has another kind than the column");
  if (!is_parent) {
    write_down(value);
    return;
  }
  const std::uint64_t count = value.as.children.count;
  const bool fits = has_children && counts && value.kind == column.kind &&
                    (value.as.children.values != nullptr || count == 0) &&
                    (value.kind == JETCAPTURE_LIST || count == column.child_count);
  rule(fits, "the children of the value of the column " + name + " are not those of the column");
  text_ += '(';
  for (std::uint64_t i = 0; fits && i < count; i++) {
    write_down(*column.children[value.kind == JETCAPTURE_LIST ? 0 : i], value.as.children.values[i], level + 1);
    text_ += ',';
  }
  text_ += ')';
}

void CheckSink::write_down(const jetcapture_value &value) {
  switch (value.kind) {
  case JETCAPTURE_FLAG:
    rule(value.as.integer == 0 || value.as.integer == 1, "a flag is neither 0 nor 1");
    [[fallthrough]];
  case JETCAPTURE_INTEGER:
  case JETCAPTURE_TIMESTAMP:
  case JETCAPTURE_DATE:
    text_ += std::to_string(value.as.integer);
    break;
  case JETCAPTURE_UNSIGNED:
    text_ += std::to_string(value.as.uinteger);
    break;
  case JETCAPTURE_NUMBER:
    text_ += std::isnan(value.as.number) ? "nan" : std::to_string(value.as.number);
    break;
  case JETCAPTURE_TEXT:
  case JETCAPTURE_BYTES:
  case JETCAPTURE_JSON:
  case JETCAPTURE_DECIMAL:
    rule(whole(value.as.text), "a text has a size and no data");
    if (!whole(value.as.text))
      break;
    rule(value.kind != JETCAPTURE_TEXT || jetcapture_is_utf8(value.as.text) != 0,
         "a text is not UTF-8; give such bytes as JETCAPTURE_BYTES");
    rule(value.kind != JETCAPTURE_JSON || nlohmann::json::accept(view(value.as.text)),
         "a value of kind JSON is not JSON");
    rule(value.kind != JETCAPTURE_DECIMAL || is_number(view(value.as.text)),
         "a value of kind DECIMAL is not a number in the grammar of JSON");
    text_ += view(value.as.text);
    break;
  default:
    text_ += "null";
  }
}

} // namespace jetcapture::host
