#include "csv_decoder/cell_value.hpp"

#include "common/rfc3339.hpp"
#include "text/json_number.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <system_error>

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

std::optional<bool> flag(std::string_view text) {
  if (text == "true" || text == "TRUE" || text == "True")
    return true;
  if (text == "false" || text == "FALSE" || text == "False")
    return false;
  return std::nullopt;
}

// A number without a digit before or behind its point, as JSON has it: ".5" is 0.5, "5." is 5.0.
std::string with_zeros(std::string_view text) {
  std::string number(text);
  const std::size_t point = number.find('.');
  if (point == std::string::npos)
    return number;
  const auto is_digit = [&](std::size_t at) { return at < number.size() && number[at] >= '0' && number[at] <= '9'; };
  const bool before = point > 0 && is_digit(point - 1);
  const bool behind = is_digit(point + 1);
  if (before && !behind)
    number.insert(point + 1, 1, '0');
  if (behind && !before)
    number.insert(point, 1, '0');
  return number;
}

// The digits of a code or of a phone number, such as 007, are no number of JSON: they keep their zeros.
jetcapture_value automatic(const Cell &cell, jetcapture_text text) {
  if (!cell.quoted) {
    if (const plugins::JsonNumber number(cell.text); number.is_good()) {
      jetcapture_value value = jetcapture_null();
      number.put_into(value);
      return value;
    }
    const std::string repaired = with_zeros(cell.text);
    if (const plugins::JsonNumber number(repaired); number.is_good() && number.exact())
      return jetcapture_number(*number.exact());
    if (const auto set = flag(cell.text))
      return jetcapture_flag(*set);
  }
  return jetcapture_text_value(JETCAPTURE_TEXT, text);
}

} // namespace

std::optional<jetcapture_value> cell_value(const Cell &cell, common::Type type, plugins::JsonDocument &json) {
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
  case common::Type::decimal:
    if (plugins::is_json_number(cell.text))
      return jetcapture_decimal(text);
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
  case common::Type::date:
    if (const auto days = common::parse_date(cell.text))
      return jetcapture_date(*days);
    break;
  case common::Type::json:
    if (json.parse(cell.text).empty())
      return jetcapture_text_value(JETCAPTURE_JSON, text);
    break;
  }
  return std::nullopt;
}

} // namespace jetcapture::csv_decoder
