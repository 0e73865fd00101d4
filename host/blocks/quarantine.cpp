#include "blocks/quarantine.hpp"

#include "log/line.hpp"
#include "log/time_text.hpp"
#include "strings/base64.hpp"
#include "strings/strings.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace jetcapture::host {

namespace {

bool is_utf8(std::string_view text) {
  return jetcapture_is_utf8({text.data(), text.size()}) != 0;
}

} // namespace

std::string quarantine_line(const jetcapture_message &message, std::string_view reason) {
  nlohmann::ordered_json line;
  line["reason"] = printable(reason);
  const auto put = [&](const std::string &name, std::string_view bytes) {
    if (is_utf8(bytes))
      line[name] = bytes;
    else
      line[name + "_base64"] = to_base64(bytes);
  };
  put("subject", view(message.subject));
  line["stream"] = view(message.stream);
  line["sequence"] = message.stream_sequence;
  line["timestamp"] = time_text(message.timestamp);
  line["deliveries"] = message.deliveries;
  if (message.header_count > 0) {
    bool text = true;
    for (std::uint32_t i = 0; i < message.header_count; i++)
      text = text && is_utf8(view(message.headers[i].name)) && is_utf8(view(message.headers[i].value));
    nlohmann::ordered_json headers = nlohmann::ordered_json::array();
    for (std::uint32_t i = 0; i < message.header_count; i++) {
      const std::string_view name = view(message.headers[i].name);
      const std::string_view value = view(message.headers[i].value);
      headers.push_back(text ? nlohmann::ordered_json::array({name, value})
                             : nlohmann::ordered_json::array({to_base64(name), to_base64(value)}));
    }
    line[text ? "headers" : "headers_base64"] = std::move(headers);
  }
  if (message.header_block.size > 0)
    put("header_block", view(message.header_block));
  put("data", view(message.data));
  return line.dump() + "\n";
}

} // namespace jetcapture::host
