#include "text/json_number.hpp"

#include "text/checked.hpp"
#include "text/numbers.hpp"

#include <charconv>
#include <system_error>

namespace jetcapture::plugins {

namespace {

// A decimal of few digits comes back from a double as it was: far enough from the smallest ones, and not so large that
// to_chars would write all digits of a whole number that is only near.
constexpr std::int64_t least_exact_power = -290;
constexpr std::int64_t most_exact_power = 15;
constexpr std::size_t longest_shortest = 17; // digits of a double's shortest text

std::uint64_t without_zeros(std::uint64_t digits) {
  while (digits != 0 && digits % 10 == 0)
    digits /= 10;
  return digits;
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

} // namespace

std::optional<std::int64_t> JsonNumber::long_integer() const {
  return parsed<std::int64_t>(text_);
}

std::optional<std::uint64_t> JsonNumber::long_natural() const {
  return parsed<std::uint64_t>(text_);
}

std::optional<double> JsonNumber::nearest_of_many() const {
  if (digits_ == 0)
    return negative_ ? -0.0 : 0.0;
  return parsed<double>(text_);
}

std::optional<double> JsonNumber::exact() const {
  if (significant_ > longest_shortest)
    return std::nullopt;
  const std::optional<double> number = nearest();
  if (!number)
    return std::nullopt;
  // The power of ten of its first digit.
  const std::int64_t power = scale_ + static_cast<std::int64_t>(digits_) - 1;
  const bool is_plain = power >= least_exact_power && power <= most_exact_power;
  if (digits_ == 0 || (significant_ <= always_exact_digits && is_plain))
    return number;
  char place[longest_number];
  const JsonNumber shortest({place, static_cast<std::size_t>(format(place, *number) - place)});
  const std::int64_t shortest_power = shortest.scale_ + static_cast<std::int64_t>(shortest.digits_) - 1;
  const bool same_digits =
      shortest.significant_ == significant_ && without_zeros(shortest.mantissa_) == without_zeros(mantissa_);
  return same_digits && shortest_power == power ? number : std::nullopt;
}

void JsonNumber::put_into(jetcapture_value &to) const {
  if (const auto signed_one = integer()) {
    to.kind = JETCAPTURE_INTEGER;
    to.as.integer = *signed_one;
  } else if (const auto unsigned_one = natural()) {
    to.kind = JETCAPTURE_UNSIGNED;
    to.as.uinteger = *unsigned_one;
  } else if (const auto number = exact()) {
    to.kind = JETCAPTURE_NUMBER;
    to.as.number = *number;
  } else {
    to.kind = JETCAPTURE_DECIMAL;
    to.as.text = {text_.data(), text_.size()};
  }
}

std::string_view checked_decimal(const jetcapture_value &value) {
  const std::string_view digits = checked(value.as.text);
  if (!is_json_number(digits))
    throw BadData("its decimal is not a number as JSON writes it: \"" + std::string(digits.substr(0, 40)) + "\"");
  return digits;
}

} // namespace jetcapture::plugins
