// Numbers in the grammar of JSON (RFC 8259, section 6), and what holds one of them exactly.
#pragma once

#include "jetcapture/payload.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace jetcapture::plugins {

// A number as it was written: "-12.50", "1e400". The text outlives it.
class JsonNumber {
public:
  explicit JsonNumber(std::string_view text) : text_(text), is_good_(parse()) {}

  // False: the text is not in that grammar, and nothing below is to be asked.
  bool is_good() const { return is_good_; }

  // Neither a fraction nor an exponent: "-0" is one, "1.0" is none.
  bool is_integer() const { return is_integer_; }
  // nullopt: it is no such integer, or outside of 64 bits.
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> natural() const;
  // The nearest double. nullopt: it is outside of the range of doubles.
  std::optional<double> nearest() const;
  // The nearest double where its shortest text is the same number; nullopt where it is another one.
  std::optional<double> exact() const;

  // The exact value: an integer of 64 bits, signed or unsigned, else a double, else a decimal with the digits as they
  // stand.
  void put_into(jetcapture_value &to) const;

private:
  static constexpr std::size_t most_mantissa_digits = 18;
  static constexpr std::size_t always_exact_digits = 15; // a double gives them back (DBL_DIG)
  static constexpr std::int64_t absurd_power = 1'000'000'000'000;
  static constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  static constexpr std::int64_t largest_exact_power = 22;

  bool parse();
  std::optional<std::int64_t> long_integer() const;
  std::optional<std::uint64_t> long_natural() const;
  std::optional<double> nearest_of_many() const;

  std::string_view text_;
  bool negative_ = false;
  bool is_integer_ = false;
  std::uint64_t mantissa_ = 0;  // its digits, as far as they are fewer than 19
  std::size_t digits_ = 0;      // from the first one that is not 0
  std::size_t significant_ = 0; // of them, up to the last one that is not 0
  std::int64_t scale_ = 0;      // the power of ten of its last digit; cut where it is absurd
  bool is_good_;
};

inline bool JsonNumber::parse() {
  const char *at = text_.data();
  const char *const end = at + text_.size();
  std::size_t zeros = 0; // at the end of the digits so far
  const auto take_digits = [&] {
    const char *const first = at;
    for (; at != end && *at >= '0' && *at <= '9'; at++) {
      const bool zero = *at == '0';
      if (zero && digits_ == 0)
        continue;
      zeros = zero ? zeros + 1 : 0;
      if (digits_++ < most_mantissa_digits)
        mantissa_ = mantissa_ * 10 + static_cast<std::uint64_t>(*at - '0');
    }
    return at - first;
  };

  if (at != end && *at == '-') {
    negative_ = true;
    at++;
  }
  const bool leading_zero = at != end && *at == '0';
  const auto whole = take_digits();
  if (whole == 0 || (leading_zero && whole > 1))
    return false;
  is_integer_ = at == end;
  if (at != end && *at == '.') {
    at++;
    const auto behind = take_digits();
    if (behind == 0)
      return false;
    scale_ = -behind;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    at++;
    const bool down = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+'))
      at++;
    if (at == end)
      return false;
    std::int64_t power = 0;
    for (; at != end && *at >= '0' && *at <= '9'; at++)
      power = power < absurd_power ? power * 10 + (*at - '0') : power;
    scale_ += down ? -power : power;
  }
  if (at != end)
    return false;
  significant_ = digits_ - zeros;
  return true;
}

inline std::optional<std::int64_t> JsonNumber::integer() const {
  if (!is_integer_)
    return std::nullopt;
  if (digits_ > most_mantissa_digits)
    return long_integer();
  const auto size = static_cast<std::int64_t>(mantissa_);
  return negative_ ? -size : size;
}

inline std::optional<std::uint64_t> JsonNumber::natural() const {
  if (!is_integer_ || (negative_ && digits_ > 0))
    return std::nullopt;
  return digits_ > most_mantissa_digits ? long_natural() : mantissa_;
}

inline std::optional<double> JsonNumber::nearest() const {
  if (digits_ > always_exact_digits || scale_ < -largest_exact_power || scale_ > largest_exact_power)
    return nearest_of_many();
  // Both operands and so the result are exact (Clinger's fast path).
  const auto whole = static_cast<double>(mantissa_);
  const double size = scale_ < 0 ? whole / powers_of_ten[-scale_] : whole * powers_of_ten[scale_];
  return negative_ ? -size : size;
}

inline bool is_json_number(std::string_view text) {
  return JsonNumber(text).is_good();
}

// The digits of a decimal. Throws BadData: they are not in that grammar.
std::string_view checked_decimal(const jetcapture_value &value);

} // namespace jetcapture::plugins
