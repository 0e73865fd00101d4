#include "tools/check_sink.hpp"

#include "strings/strings.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <string_view>

namespace jetcapture::host {
namespace {

bool whole(jetcapture_text text) {
  return text.data != nullptr || text.size == 0;
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
  rule(item.key_count <= JETCAPTURE_MOST_KEY_PARTS, "an item has more than 64 parts of a key");
  rule(item.key_count == 0 || item.key != nullptr, "an item has parts of a key, and no key");
  rule(item.payload != nullptr, "an item has no payload");
  if (!has_payload)
    return;
  text_ += "item";
  for (std::uint32_t i = 0; i < item.key_count && item.key_count <= JETCAPTURE_MOST_KEY_PARTS && item.key != nullptr;
       i++) {
    rule(whole(item.key[i]), "a part of a key has a size and no data");
    if (whole(item.key[i]))
      text_.append(" /").append(view(item.key[i]));
  }
  if (JETCAPTURE_HAS(&item, jetcapture_item, event_time))
    text_ += " at " + std::to_string(item.event_time);
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
  rule(record.schema->size >= sizeof(jetcapture_schema), "a schema's size is too small");
  rule(record.value_count == record.schema->column_count, "a record has another number of values than its schema");
  if (record.value_count != record.schema->column_count)
    return;
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    const jetcapture_column &column = *record.schema->columns[i];
    const jetcapture_value &value = record.values[i];
    rule(column.size >= sizeof(jetcapture_column), "a column's size is too small");
    rule(value.kind >= JETCAPTURE_NULL && value.kind <= JETCAPTURE_JSON, "a value has an unknown kind");
    rule(value.kind == JETCAPTURE_NULL || column.kind == JETCAPTURE_NULL || value.kind == column.kind,
         "the value of the column " + std::string(view(column.name)) + " has another kind than the column");
    text_.append(" ").append(view(column.name)).append("=");
    switch (value.kind) {
    case JETCAPTURE_FLAG:
      rule(value.as.integer == 0 || value.as.integer == 1, "a flag is neither 0 nor 1");
      [[fallthrough]];
    case JETCAPTURE_INTEGER:
    case JETCAPTURE_TIMESTAMP:
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
      rule(whole(value.as.text), "a text has a size and no data");
      if (!whole(value.as.text))
        break;
      rule(value.kind != JETCAPTURE_TEXT || jetcapture_is_utf8(value.as.text) != 0,
           "a text is not UTF-8; give such bytes as JETCAPTURE_BYTES");
      rule(value.kind != JETCAPTURE_JSON || nlohmann::json::accept(view(value.as.text)),
           "a value of kind JSON is not JSON");
      text_ += view(value.as.text);
      break;
    default:
      text_ += "null";
    }
  }
}

} // namespace jetcapture::host
