// Positions as GeoJSON (RFC 7946), a feature a line.
#include "position.hpp"

#include <charconv>

namespace {

class GeoJsonWriter {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "positions as GeoJSON features, one a line";
  static constexpr const char *accepts[] = {POSITION_PAYLOAD};
  static constexpr const char *suffix = ".geojsonl";
  static constexpr const char *content_type = "application/geo+json-seq";

  explicit GeoJsonWriter(const jetcapture::Options &) {}

  class Block {
  public:
    Block(GeoJsonWriter &, const jetcapture_block_info &, jetcapture::Out out) : out_(out) {}

    // Writes nothing before the payload is known to be good: what a call wrote is taken back when it throws.
    void write(const void *payload) {
      const auto &position = *static_cast<const Position *>(payload);
      out_.put(R"({"type":"Feature","geometry":{"type":"Point","coordinates":[)");
      number(position.longitude);
      out_.put(',');
      number(position.latitude);
      out_.put(R"(]},"properties":{"vehicle":")");
      text(position.vehicle);
      out_.put(R"(","time":)");
      number(position.time / 1'000'000'000);
      out_.put("}}\n");
    }
    void finish() {}

  private:
    template <class Number>
    void number(Number value) {
      char *place = out_.reserve(32);
      out_.wrote(static_cast<std::size_t>(std::to_chars(place, place + 32, value).ptr - place));
    }
    void text(std::string_view value) {
      for (const char c : value) {
        if (static_cast<unsigned char>(c) < 0x20)
          throw jetcapture::BadData("the vehicle's name has a control character");
        if (c == '"' || c == '\\')
          out_.put('\\');
        out_.put(c);
      }
    }
    jetcapture::Out out_;
  };
};

JETCAPTURE_CPP_WRITER(geojson, GeoJsonWriter);

} // namespace
