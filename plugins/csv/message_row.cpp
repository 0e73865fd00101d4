#include "csv/message_row.hpp"

#include "text/message_headers.hpp"
#include "text/utf8.hpp"

namespace jetcapture::plugins {

namespace {

constexpr jetcapture_column column(const char *name, std::size_t size, std::int32_t kind) {
  return {sizeof(jetcapture_column), kind, {name, size}, nullptr, 0, 0};
}
constexpr jetcapture_column subject = column("subject", 7, JETCAPTURE_TEXT);
constexpr jetcapture_column sequence = column("sequence", 8, JETCAPTURE_UNSIGNED);
constexpr jetcapture_column timestamp = column("timestamp", 9, JETCAPTURE_TIMESTAMP);
constexpr jetcapture_column headers = column("headers", 7, JETCAPTURE_JSON);
constexpr jetcapture_column data = column("data", 4, JETCAPTURE_NULL);
constexpr jetcapture_column data_encoding = column("data_encoding", 13, JETCAPTURE_TEXT);
constexpr const jetcapture_column *columns[] = {&subject, &sequence, &timestamp, &headers, &data, &data_encoding};

jetcapture_value text_value(std::int32_t kind, jetcapture_text text) {
  jetcapture_value value{};
  value.kind = kind;
  value.as.text = text;
  return value;
}

} // namespace

const jetcapture_schema message_schema = {sizeof(jetcapture_schema), 6, 1, columns};

const jetcapture_record &MessageRow::of(const jetcapture_message &message) {
  if (!is_utf8(view(message.subject)))
    throw BadData("the subject is not UTF-8, which a CSV field can't hold; the writer ndjson can");
  values_[0] = text_value(JETCAPTURE_TEXT, message.subject);
  values_[1].kind = JETCAPTURE_UNSIGNED;
  values_[1].as.uinteger = message.stream_sequence;
  values_[2].kind = JETCAPTURE_TIMESTAMP;
  values_[2].as.integer = message.timestamp;
  values_[3] = {};
  if (message.header_count != 0) {
    headers_.clear();
    put_headers_value(headers_.out(), message);
    values_[3] = text_value(JETCAPTURE_JSON, text(headers_.text()));
  }
  const bool is_text = is_utf8(view(message.data));
  values_[4] = text_value(is_text ? JETCAPTURE_TEXT : JETCAPTURE_BYTES, message.data);
  values_[5] = text_value(JETCAPTURE_TEXT, text(is_text ? "text" : "base64"));
  record_ = {sizeof(jetcapture_record), 6, &message_schema, values_.data(), &message};
  return record_;
}

} // namespace jetcapture::plugins
