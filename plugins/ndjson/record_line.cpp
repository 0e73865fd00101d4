#include "ndjson/record_line.hpp"

#include "text/checked.hpp"
#include "text/json_value.hpp"

#include <cstring>
#include <string>

namespace jetcapture::plugins {

namespace {

// The key with what stands before it, and room for a value of up to longest_plain bytes; returns where the value
// begins.
char *put_key(Out out, char before, const std::string &key) {
  char *const place = out.reserve(1 + key.size() + longest_plain);
  place[0] = before;
  std::memcpy(place + 1, key.data(), key.size());
  out.wrote(1 + key.size());
  return place + 1 + key.size();
}

// One member of the object, with what stands before it.
void put_member(Out out, char before, const jetcapture_value &value, const JsonKeys::Key &key) {
  switch (value.kind) {
  case JETCAPTURE_TEXT:
  case JETCAPTURE_JSON:
  case JETCAPTURE_DECIMAL:
  case JETCAPTURE_LIST:
  case JETCAPTURE_STRUCT:
    put_key(out, before, key.plain);
    put_json_value(out, value, key);
    return;
  case JETCAPTURE_BYTES:
    put_key(out, before, key.base64);
    put_json_value(out, value, key);
    return;
  default:
    break;
  }
  char *const place = put_key(out, before, value.kind == JETCAPTURE_NULL ? *key.null : key.plain);
  char *const end = format_plain(place, value);
  if (end == nullptr)
    throw BadData(unknown_kind(value.kind));
  out.wrote(static_cast<std::size_t>(end - place));
}

} // namespace

void put_record(Out out, const jetcapture_record &record, const JsonKeys &keys, Nulls nulls) {
  if (record.value_count != keys.keys().size())
    throw BadData(reused_revision(*record.schema));
  char before = '{';
  std::uint32_t i = 0;
  try {
    for (; i < record.value_count; i++) {
      if (record.values[i].kind == JETCAPTURE_NULL && nulls == Nulls::omit)
        continue;
      put_member(out, before, record.values[i], keys.keys()[i]);
      before = ',';
    }
  } catch (const BadData &why) {
    throw BadData("column \"" + std::string(view(record.schema->columns[i]->name)) + "\": " + why.what());
  }
  out.put(before == '{' ? "{}" : "}");
}

} // namespace jetcapture::plugins
