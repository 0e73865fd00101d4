#include "text/json_value.hpp"

#include "text/checked.hpp"
#include "text/escaped.hpp"
#include "text/json.hpp"
#include "text/json_number.hpp"

#include <cmath>

namespace jetcapture::plugins {

namespace {

char *put_word(char *place, std::string_view word) {
  return place + word.copy(place, word.size());
}

// Its children, after a look at what can be seen of them.
const jetcapture_value *children_of(const jetcapture_value &value, const JsonKeys::Key &key) {
  const auto &children = value.as.children;
  const std::string what = value.kind == JETCAPTURE_LIST ? "a list" : "a struct";
  if (key.children == nullptr || key.kind != value.kind)
    throw BadData(what + " stands in a column of kind " + std::to_string(key.kind));
  if (children.values == nullptr && children.count != 0)
    throw BadData(what + " has " + std::to_string(children.count) + " values and none of them");
  if (value.kind == JETCAPTURE_STRUCT ? children.count != key.children->keys().size() : children.count > UINT32_MAX)
    throw BadData(what + " has " + std::to_string(children.count) + " values, which its column has not");
  return children.values;
}

void put_list(Out out, const jetcapture_value &value, const JsonKeys::Key &key) {
  const jetcapture_value *const values = children_of(value, key);
  const JsonKeys::Key &element = key.children->keys().front();
  out.put('[');
  for (std::uint64_t i = 0; i < value.as.children.count; i++) {
    if (i != 0)
      out.put(',');
    put_json_value(out, values[i], element);
  }
  out.put(']');
}

void put_struct(Out out, const jetcapture_value &value, const JsonKeys::Key &key) {
  const jetcapture_value *const values = children_of(value, key);
  out.put('{');
  for (std::size_t i = 0; i < key.children->keys().size(); i++) {
    const JsonKeys::Key &member = key.children->keys()[i];
    if (i != 0)
      out.put(',');
    out.put(values[i].kind == JETCAPTURE_NULL    ? *member.null
            : values[i].kind == JETCAPTURE_BYTES ? member.base64
                                                 : member.plain);
    put_json_value(out, values[i], member);
  }
  out.put('}');
}

} // namespace

char *format_plain(char *place, const jetcapture_value &value) {
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
  case JETCAPTURE_DATE:
    *place++ = '"';
    place = format_date(place, value.as.integer);
    *place++ = '"';
    return place;
  default:
    return nullptr;
  }
}

void put_json_value(Out out, const jetcapture_value &value, const JsonKeys::Key &key) {
  switch (value.kind) {
  case JETCAPTURE_TEXT:
    if (!put_json_string(out, checked(value.as.text)))
      throw BadData("its text is not UTF-8, which JSON can't hold; the decoder has to give it as bytes");
    return;
  case JETCAPTURE_BYTES:
    put_json_base64(out, checked(value.as.text));
    return;
  case JETCAPTURE_JSON:
    if (value.as.text.size == 0)
      throw BadData("its JSON text is empty, which is no JSON value");
    put_json_in_one_line(out, checked(value.as.text));
    return;
  case JETCAPTURE_DECIMAL:
    put_pieces(out, checked_decimal(value));
    return;
  case JETCAPTURE_LIST:
    put_list(out, value, key);
    return;
  case JETCAPTURE_STRUCT:
    put_struct(out, value, key);
    return;
  default:
    break;
  }
  char *const place = out.reserve(longest_plain);
  char *const end = format_plain(place, value);
  if (end == nullptr)
    throw BadData(unknown_kind(value.kind));
  out.wrote(static_cast<std::size_t>(end - place));
}

} // namespace jetcapture::plugins
