// A decoder whose keys say which libraries it sees: units 1 as a shared library, a zlib of its own in itself.
#include <jetcapture/plugin.hpp>

extern "C" int units_version(void);
extern "C" const char *zlibVersion(void);

class UnitsDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "whole messages, with the versions that it sees as key";
  static constexpr const char *produces[] = {JETCAPTURE_PAYLOAD_MESSAGE};
  explicit UnitsDecoder(const jetcapture::Options &) {}
  void decode(const jetcapture_message &message, jetcapture::Sink &sink) {
    sink.emit("units " + std::to_string(units_version()) + " zlib " + zlibVersion(), &message);
  }
};

JETCAPTURE_CPP_DECODER(units_decoder, UnitsDecoder);
