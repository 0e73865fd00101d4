#include "parquet/message_record.hpp"

#include "jetcapture/plugin.hpp"
#include "text/message_headers.hpp"

#include <cstdint>
#include <string_view>

namespace jetcapture::plugins {

namespace {

constexpr jetcapture_column column(std::string_view name, std::int32_t kind) {
  return {sizeof(jetcapture_column), kind, {name.data(), name.size()}, nullptr, 0, 0};
}
constexpr jetcapture_column subject = column("subject", JETCAPTURE_TEXT);
constexpr jetcapture_column stream = column("stream", JETCAPTURE_TEXT);
constexpr jetcapture_column sequence = column("sequence", JETCAPTURE_UNSIGNED);
constexpr jetcapture_column timestamp = column("timestamp", JETCAPTURE_TIMESTAMP);
constexpr jetcapture_column reply = column("reply", JETCAPTURE_TEXT);
constexpr jetcapture_column headers = column("headers", JETCAPTURE_JSON);
constexpr jetcapture_column data = column("data", JETCAPTURE_BYTES);
constexpr jetcapture_column text_data = column("data", JETCAPTURE_TEXT);
constexpr jetcapture_column header_block = column("header_block", JETCAPTURE_BYTES);
constexpr const jetcapture_column *columns[] = {&subject, &stream,  &sequence, &timestamp,
                                                &reply,   &headers, &data,     &header_block};
constexpr const jetcapture_column *text_columns[] = {&subject, &stream,  &sequence,  &timestamp,
                                                     &reply,   &headers, &text_data, &header_block};
constexpr jetcapture_schema schema = {sizeof(jetcapture_schema), 8, 1, columns};
constexpr jetcapture_schema text_schema = {sizeof(jetcapture_schema), 8, 1, text_columns};

jetcapture_value text_value(std::int32_t kind, jetcapture_text text) {
  jetcapture_value value{};
  value.kind = kind;
  value.as.text = text;
  return value;
}

} // namespace

MessageRecord::MessageRecord(bool data_as_text) : data_as_text_(data_as_text) {}

const jetcapture_record &MessageRecord::of(const jetcapture_message &message) {
  values_[0] = text_value(JETCAPTURE_TEXT, message.subject);
  values_[1] = text_value(JETCAPTURE_TEXT, message.stream);
  values_[2].kind = JETCAPTURE_UNSIGNED;
  values_[2].as.uinteger = message.stream_sequence;
  values_[3].kind = JETCAPTURE_TIMESTAMP;
  values_[3].as.integer = message.timestamp;
  values_[4] = message.reply.size == 0 ? jetcapture_value{} : text_value(JETCAPTURE_TEXT, message.reply);
  values_[5] = {};
  if (message.header_count != 0) {
    headers_.clear();
    put_headers_value(headers_.out(), message);
    values_[5] = text_value(JETCAPTURE_JSON, text(headers_.text()));
  }
  values_[6] = text_value(data_as_text_ ? JETCAPTURE_TEXT : JETCAPTURE_BYTES, message.data);
  values_[7] = message.header_block.size == 0 ? jetcapture_value{} : text_value(JETCAPTURE_BYTES, message.header_block);
  record_ = {sizeof(jetcapture_record), 8, data_as_text_ ? &text_schema : &schema, values_.data(), &message};
  return record_;
}

} // namespace jetcapture::plugins
