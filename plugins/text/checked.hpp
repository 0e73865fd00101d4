// What a decoder gave, looked at before it is followed: a plug-in with a mistake shall cost a message, not the capture.
#pragma once

#include "jetcapture/payload.h"
#include "jetcapture/plugin.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

// Throws BadData: it has a size, and no bytes.
inline std::string_view checked(jetcapture_text text) {
  if (text.data == nullptr && text.size != 0)
    throw BadData("a text has a size of " + std::to_string(text.size) + " and no bytes");
  return view(text);
}

// For each schema once. Throws BadData: columns that are not there, or have no name. What is below them: JsonKeys.
inline void check(const jetcapture_schema &schema) {
  if (schema.columns == nullptr && schema.column_count != 0)
    throw BadData("the decoder gave a schema with " + std::to_string(schema.column_count) +
                  " columns and none of them");
  for (std::uint32_t i = 0; i < schema.column_count; i++) {
    if (schema.columns[i] == nullptr)
      throw BadData("the decoder gave a schema without its column " + std::to_string(i + 1));
    checked(schema.columns[i]->name);
  }
}

// For each record, without its values. Throws BadData.
inline void check(const jetcapture_record &record) {
  if (record.schema == nullptr)
    throw BadData("the decoder gave a record without a schema");
  if (record.value_count != record.schema->column_count)
    throw BadData("the decoder gave " + std::to_string(record.value_count) + " values for " +
                  std::to_string(record.schema->column_count) + " columns");
  if (record.values == nullptr && record.value_count != 0)
    throw BadData("the decoder gave a record with " + std::to_string(record.value_count) + " values and none of them");
}

// Throws BadData.
inline void check(const jetcapture_message &message) {
  for (const jetcapture_text text :
       {message.subject, message.reply, message.data, message.stream, message.header_block})
    checked(text);
  if (message.headers == nullptr && message.header_count != 0)
    throw BadData("the decoder gave a message with " + std::to_string(message.header_count) +
                  " headers and none of them");
  for (std::uint32_t i = 0; i < message.header_count; i++) {
    checked(message.headers[i].name);
    checked(message.headers[i].value);
  }
}

// For sentences: the revision came before with another number of columns.
inline std::string reused_revision(const jetcapture_schema &schema) {
  return "the decoder gave the revision " + std::to_string(schema.revision) +
         " to two schemas; each has one of its own";
}

// For sentences: "of kind 17, which is not known here".
inline std::string unknown_kind(std::int32_t kind) {
  return "a value is of kind " + std::to_string(kind) + ", which this writer does not know; a later version of it may";
}

} // namespace jetcapture::plugins
