#include "text/message_headers.hpp"

#include "text/base64.hpp"
#include "text/json.hpp"
#include "text/utf8.hpp"

namespace jetcapture::plugins {

bool headers_are_text(const jetcapture_message &message) {
  for (std::uint32_t i = 0; i < message.header_count; i++)
    if (!is_utf8(view(message.headers[i].name)) || !is_utf8(view(message.headers[i].value)))
      return false;
  return true;
}

void put_headers(Out out, const jetcapture_message &message, bool as_text) {
  const auto put = [&](jetcapture_text text) {
    if (as_text)
      put_json_string(out, view(text));
    else
      put_json_base64(out, view(text));
  };
  out.put('[');
  for (std::uint32_t i = 0; i < message.header_count; i++) {
    out.put(i == 0 ? "[" : ",[");
    put(message.headers[i].name);
    out.put(',');
    put(message.headers[i].value);
    out.put(']');
  }
  out.put(']');
}

void put_headers_value(Out out, const jetcapture_message &message) {
  const bool as_text = headers_are_text(message);
  if (!as_text)
    out.put("{\"base64\":");
  put_headers(out, message, as_text);
  if (!as_text)
    out.put('}');
}

void read_headers(const JsonValue &list, bool as_text, std::string &block) {
  const auto require = [](bool holds) {
    if (!holds)
      throw BadData("its headers are not a list of names with values");
  };
  std::string spare, bytes;
  block.clear();
  require(list.kind() == JsonKind::array);
  for (JsonElements headers(list); headers.next();) {
    if (block.empty())
      block = "NATS/1.0\r\n";
    require(headers.value().kind() == JsonKind::array);
    int parts = 0;
    for (JsonElements pair(headers.value()); pair.next(); parts++) {
      require(parts < 2 && pair.value().kind() == JsonKind::text);
      const auto text = pair.value().text(spare);
      require(text.has_value() && (as_text || read_base64(*text, bytes)));
      block += as_text ? *text : std::string_view(bytes);
      block += parts == 0 ? ": " : "\r\n";
    }
    require(parts == 2);
  }
  if (!block.empty())
    block += "\r\n";
}

void read_headers_value(const JsonValue &value, std::string &block) {
  if (value.kind() != JsonKind::object)
    return read_headers(value, true, block);
  const auto list = value.at({"base64"});
  if (!list)
    throw BadData("its headers are not a list of names with values");
  read_headers(*list, false, block);
}

} // namespace jetcapture::plugins
