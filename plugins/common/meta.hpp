// Columns of the message itself, as decoders of records offer them: `--decoder-opt meta=sequence,timestamp`.
#pragma once

#include <jetcapture/plugin.hpp>

#include <cstdint>
#include <string>

namespace jetcapture::common {

enum class Meta { subject, stream, sequence, timestamp };

inline constexpr jetcapture_option meta_option = list_option(
    "meta", nullptr, "columns of the message itself, behind the others: subject, stream, sequence, timestamp");

// Throws Misconfigured.
inline Meta parse_meta(const std::string &name) {
  if (name == "subject")
    return Meta::subject;
  if (name == "stream")
    return Meta::stream;
  if (name == "sequence")
    return Meta::sequence;
  if (name == "timestamp")
    return Meta::timestamp;
  throw Misconfigured("the option meta has \"" + name + "\": there are subject, stream, sequence and timestamp");
}

inline const char *column_name(Meta meta) {
  constexpr const char *names[] = {"_subject", "_stream", "_sequence", "_timestamp"};
  return names[static_cast<std::size_t>(meta)];
}

inline std::int32_t kind_of(Meta meta) {
  constexpr std::int32_t kinds[] = {JETCAPTURE_TEXT, JETCAPTURE_TEXT, JETCAPTURE_UNSIGNED, JETCAPTURE_TIMESTAMP};
  return kinds[static_cast<std::size_t>(meta)];
}

inline jetcapture_value value_of(Meta meta, const jetcapture_message &message) {
  switch (meta) {
  case Meta::subject:
    return jetcapture_text_value(JETCAPTURE_TEXT, message.subject);
  case Meta::stream:
    return jetcapture_text_value(JETCAPTURE_TEXT, message.stream);
  case Meta::sequence:
    return jetcapture_unsigned(message.stream_sequence);
  case Meta::timestamp:
    return jetcapture_timestamp(message.timestamp);
  }
  return jetcapture_null();
}

} // namespace jetcapture::common
