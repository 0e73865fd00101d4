#include "csv_decoder/cell_value.hpp"

#include "common/rfc3339.hpp"

#include <charconv>
#include <cmath>

namespace jetcapture::csv_decoder {
namespace {

// The whole text as a number. No blanks, no plus sign.
template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<double> finite(std::string_view text) {
  const auto number = parsed<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

// Not the digits of a code or of a phone number, which lose their zeros as numbers.
bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] != '.' && text[1] != 'e' && text[1] != 'E';
}

std::optional<bool> flag(std::string_view text) {
  if (text == "true" || text == "TRUE" || text == "True")
    return true;
  if (text == "false" || text == "FALSE" || text == "False")
    return false;
  return std::nullopt;
}

jetcapture_value automatic(const Cell &cell, jetcapture_text text) {
  if (!cell.quoted && !has_leading_zero(cell.text)) {
    if (const auto integer = parsed<std::int64_t>(cell.text))
      return jetcapture_integer(*integer);
    if (const auto number = finite(cell.text))
      return jetcapture_number(*number);
    if (const auto set = flag(cell.text))
      return jetcapture_flag(*set);
  }
  return jetcapture_text_value(JETCAPTURE_TEXT, text);
}

} // namespace

std::optional<jetcapture_value> cell_value(const Cell &cell, common::Type type, simdjson::dom::parser &parser) {
  const jetcapture_text text = {cell.text.data(), cell.text.size()};
  switch (type) {
  case common::Type::automatic:
    return automatic(cell, text);
  case common::Type::text:
    return jetcapture_text_value(JETCAPTURE_TEXT, text);
  case common::Type::integer:
    if (const auto integer = parsed<std::int64_t>(cell.text))
      return jetcapture_integer(*integer);
    break;
  case common::Type::unsigned_integer:
    if (const auto integer = parsed<std::uint64_t>(cell.text))
      return jetcapture_unsigned(*integer);
    break;
  case common::Type::number:
    if (const auto number = finite(cell.text))
      return jetcapture_number(*number);
    break;
  case common::Type::flag:
    if (const auto set = flag(cell.text))
      return jetcapture_flag(*set);
    if (cell.text == "1" || cell.text == "0")
      return jetcapture_flag(cell.text == "1");
    break;
  case common::Type::timestamp:
    if (const auto time = common::parse_rfc3339(cell.text))
      return jetcapture_timestamp(*time);
    break;
  case common::Type::json:
    if (!parser.parse(cell.text.data(), cell.text.size()).error())
      return jetcapture_text_value(JETCAPTURE_JSON, text);
    break;
  }
  return std::nullopt;
}

} // namespace jetcapture::csv_decoder
