// "bus 7;52.5200;13.4050" to a Position; the vehicle is the destination key.
#include "position.hpp"

#include <charconv>
#include <system_error>

namespace {

class PositionDecoder {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "positions of vehicles: name;latitude;longitude";
  static constexpr const char *produces[] = {POSITION_PAYLOAD};

  explicit PositionDecoder(const jetcapture::Options &) {}

  void decode(const jetcapture_message &message, jetcapture::Sink &sink) {
    const std::string_view line = jetcapture::view(message.data);
    const std::size_t first = line.find(';');
    const std::size_t second = line.find(';', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos)
      throw jetcapture::BadData("the line has fewer than three parts");
    const Position position = {line.substr(0, first), degrees(line.substr(first + 1, second - first - 1), 90),
                               degrees(line.substr(second + 1), 180), message.timestamp};
    sink.emit(position.vehicle, &position);
  }

private:
  static double degrees(std::string_view text, double limit) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= -limit && value <= limit))
      throw jetcapture::BadData("latitude or longitude is not a number of degrees");
    return value;
  }
};

JETCAPTURE_CPP_DECODER(position, PositionDecoder);

} // namespace
