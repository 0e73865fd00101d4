// Times since 1970, as numbers in a unit: 1795521600, 1795521600.25, 1795521600250.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace jetcapture::common {

// The value is the power of ten that makes nanoseconds of it. automatic: by the digits before the point: up to 10 are
// seconds (to the year 2286), up to 13 milliseconds, up to 16 microseconds, more are nanoseconds; the last three begin
// 116 days after 1970.
enum class EpochUnit { automatic = -1, nanoseconds = 0, microseconds = 3, milliseconds = 6, seconds = 9 };

// A number in the grammar of JSON, digit by digit: -12.5, 1.7e9.
struct DecimalNumber {
  bool negative = false;
  std::uint64_t digits = 0; // the first 19 from the first that is not 0
  int count = 0;            // of these
  std::int64_t point = 0;   // how many digits stand before the point; where it is below 0, so many zeros behind it
};

// nullopt: it is no such number.
inline std::optional<DecimalNumber> parse_decimal(std::string_view text) {
  constexpr int most_digits = 19;
  DecimalNumber number;
  std::size_t at = 0;
  const auto take = [&](char wanted) {
    const bool there = at < text.size() && text[at] == wanted;
    at += there ? 1 : 0;
    return there;
  };
  const auto take_digits = [&](bool fraction) {
    const std::size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; at++) {
      const bool leading = number.count == 0 && text[at] == '0';
      if (!leading && number.count < most_digits) {
        number.digits = number.digits * 10 + static_cast<std::uint64_t>(text[at] - '0');
        number.count++;
      }
      number.point += fraction ? (leading ? -1 : 0) : (leading ? 0 : 1);
    }
    return at > first;
  };
  number.negative = take('-');
  if (!take_digits(false) || (take('.') && !take_digits(true)))
    return std::nullopt;
  if (take('e') || take('E')) {
    take('+');
    std::int32_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    if (error != std::errc())
      return std::nullopt;
    at = static_cast<std::size_t>(end - text.data());
    number.point += exponent;
  }
  return at == text.size() ? std::optional(number) : std::nullopt;
}

// Nanoseconds since 1970; what is below one is cut. nullopt: more than 64 bits hold.
inline std::optional<std::int64_t> nanoseconds_of(const DecimalNumber &number, EpochUnit unit) {
  if (unit == EpochUnit::automatic)
    unit = number.point <= 10   ? EpochUnit::seconds
           : number.point <= 13 ? EpochUnit::milliseconds
           : number.point <= 16 ? EpochUnit::microseconds
                                : EpochUnit::nanoseconds;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t value = number.digits;
  std::int64_t power = static_cast<int>(unit) - (number.count - number.point);
  for (; power < 0 && value > 0; power++)
    value /= 10;
  for (; power > 0 && value > 0; power--) {
    if (value > most / 10)
      return std::nullopt;
    value *= 10;
  }
  if (value > most)
    return std::nullopt;
  return number.negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

} // namespace jetcapture::common
