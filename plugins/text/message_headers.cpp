#include "text/message_headers.hpp"

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

} // namespace jetcapture::plugins
