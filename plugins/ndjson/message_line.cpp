#include "ndjson/message_line.hpp"

#include "text/json.hpp"
#include "text/message_headers.hpp"
#include "text/numbers.hpp"
#include "text/timestamp.hpp"
#include "text/utf8.hpp"

namespace jetcapture::plugins {

namespace {

// "name":"…" where the bytes are UTF-8, else "name_base64":"…"; what stands before it is part of the keys.
void put_member(Out out, std::string_view key, std::string_view key_base64, jetcapture_text bytes) {
  const std::string_view value = view(bytes);
  if (is_utf8(value)) {
    out.put(key);
    put_json_string(out, value);
  } else {
    out.put(key_base64);
    put_json_base64(out, value);
  }
}

void put_numbers(Out out, const jetcapture_message &message) {
  constexpr std::string_view sequence = ",\"sequence\":";
  constexpr std::string_view timestamp = ",\"timestamp\":\"";
  char *const start = out.reserve(sequence.size() + longest_number + timestamp.size() + longest_timestamp + 1);
  char *place = start + sequence.copy(start, sequence.size());
  place = format(place, message.stream_sequence);
  place += timestamp.copy(place, timestamp.size());
  place = format_timestamp(place, message.timestamp);
  *place++ = '"';
  out.wrote(static_cast<std::size_t>(place - start));
}

} // namespace

void put_message(Out out, const jetcapture_message &message) {
  put_member(out, "{\"subject\":", "{\"subject_base64\":", message.subject);
  put_member(out, ",\"stream\":", ",\"stream_base64\":", message.stream);
  put_numbers(out, message);
  if (message.reply.size != 0)
    put_member(out, ",\"reply\":", ",\"reply_base64\":", message.reply);
  if (message.header_count != 0) {
    const bool as_text = headers_are_text(message);
    out.put(as_text ? ",\"headers\":" : ",\"headers_base64\":");
    put_headers(out, message, as_text);
  }
  if (message.header_block.size != 0)
    put_member(out, ",\"header_block\":", ",\"header_block_base64\":", message.header_block);
  put_member(out, ",\"data\":", ",\"data_base64\":", message.data);
  out.put('}');
}

} // namespace jetcapture::plugins
