#include "ndjson/record_line.hpp"

#include "text/json.hpp"
#include "text/numbers.hpp"
#include "text/timestamp.hpp"

#include <algorithm>
#include <cmath>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t longest_plain = std::max(longest_number, longest_timestamp) + 2; // with quotes

[[noreturn]] void refuse(const jetcapture_record &record, std::uint32_t column, const std::string &why) {
  throw BadData("column \"" + std::string(view(record.schema->columns[column]->name)) + "\": " + why);
}

// The key with what stands before it, and room for a value of up to longest_plain bytes; returns where the value
// begins.
char *put_key(Out out, char before, const std::string &key) {
  char *const place = out.reserve(1 + key.size() + longest_plain);
  place[0] = before;
  std::memcpy(place + 1, key.data(), key.size());
  out.wrote(1 + key.size());
  return place + 1 + key.size();
}

char *put_word(char *place, std::string_view word) {
  return place + word.copy(place, word.size());
}

// Writes a value that is no text, bytes or JSON; nullptr: its kind is unknown.
char *put_plain(char *place, const jetcapture_value &value) {
  switch (value.kind) {
  case JETCAPTURE_NULL:
    return put_word(place, "null");
  case JETCAPTURE_FLAG:
    return put_word(place, value.as.integer != 0 ? "true" : "false");
  case JETCAPTURE_INTEGER:
    return format(place, value.as.integer);
  case JETCAPTURE_UNSIGNED:
    return format(place, value.as.uinteger);
  case JETCAPTURE_NUMBER:
    if (std::isfinite(value.as.number))
      return format(place, value.as.number);
    *place++ = '"';
    place = format(place, value.as.number);
    *place++ = '"';
    return place;
  case JETCAPTURE_TIMESTAMP:
    *place++ = '"';
    place = format_timestamp(place, value.as.integer);
    *place++ = '"';
    return place;
  default:
    return nullptr;
  }
}

} // namespace

void put_record(Out out, const jetcapture_record &record, const RecordKeys &keys, Nulls nulls) {
  if (record.value_count != keys.keys().size())
    throw BadData("the decoder gave " + std::to_string(record.value_count) + " values for " +
                  std::to_string(keys.keys().size()) + " columns");
  char before = '{';
  for (std::uint32_t i = 0; i < record.value_count; i++) {
    const jetcapture_value &value = record.values[i];
    const RecordKeys::Key &key = keys.keys()[i];
    switch (value.kind) {
    case JETCAPTURE_NULL:
      if (nulls == Nulls::omit)
        continue;
      break;
    case JETCAPTURE_TEXT:
      put_key(out, before, key.plain);
      if (!put_json_string(out, view(value.as.text)))
        refuse(record, i, "its text is not UTF-8, which JSON can't hold; the decoder has to give it as bytes");
      before = ',';
      continue;
    case JETCAPTURE_BYTES:
      put_key(out, before, key.base64);
      put_json_base64(out, view(value.as.text));
      before = ',';
      continue;
    case JETCAPTURE_JSON:
      if (value.as.text.size == 0)
        refuse(record, i, "its JSON text is empty, which is no JSON value");
      put_key(out, before, key.plain);
      put_json_in_one_line(out, view(value.as.text));
      before = ',';
      continue;
    default:
      break;
    }
    char *const place = put_key(out, before, value.kind == JETCAPTURE_NULL ? *key.null : key.plain);
    char *const end = put_plain(place, value);
    if (end == nullptr)
      refuse(record, i, "its value is of a kind that is not known here (" + std::to_string(value.kind) + ")");
    out.wrote(static_cast<std::size_t>(end - place));
    before = ',';
  }
  out.put(before == '{' ? "{}" : "}");
}

} // namespace jetcapture::plugins
