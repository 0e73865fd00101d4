// The decoder "message": the whole message, as the stream holds it.
#include "common/destination_key.hpp"
#include "common/event_time.hpp"

#include <jetcapture/plugin.hpp>

namespace jetcapture::message {

class MessageDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "the whole message, lossless: subject, headers, data, sequence, timestamp";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  static constexpr jetcapture_option options[] = {
      list_option("key", "subject",
                  "destination key, a list of parts: subject, token:2, token:-1, header:Name; or none"),
      common::key_missing_option,
      common::header_time_option,
      common::time_unit_option,
      common::time_missing_option,
      common::time_ahead_option,
  };

  explicit MessageDecoder(const Options &given) : key_(given, false), time_(given, false) {}

  void decode(const jetcapture_message &message, Sink &sink) {
    const std::vector<jetcapture_text> &key = key_.of(message);
    sink.emit(key.data(), static_cast<std::uint32_t>(key.size()), &message, time_.of(message));
  }

private:
  common::DestinationKey key_;
  const common::EventTime time_;
};

JETCAPTURE_CPP_DECODER(message, MessageDecoder);

} // namespace jetcapture::message
