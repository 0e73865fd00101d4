// Numbers in the grammar of JSON (RFC 8259, section 6) as decimals with a fixed number of fraction digits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace arrow {
class Decimal128;
}

namespace jetcapture::plugins {

// How many digits a number needs, or all numbers of a column.
struct DecimalSize {
  std::int64_t integer_digits = 0; // before the point, without leading zeros
  std::int64_t scale = 0;          // behind the point, as they are written

  void add(const DecimalSize &other) {
    integer_digits = std::max(integer_digits, other.integer_digits);
    scale = std::max(scale, other.scale);
  }
};

// A number as it is written: "-12.50", "1e400". The text outlives it.
class DecimalNumber {
public:
  // nullopt: the text is not in that grammar.
  static std::optional<DecimalNumber> of(std::string_view text);

  // "1.5e-3" has four fraction digits, "1e3" four digits before the point. A zero has no exponent.
  DecimalSize size() const;
  // The number × 10^scale, which has at most 38 digits. scale: at least size().scale.
  arrow::Decimal128 unscaled(std::int32_t scale) const;

private:
  std::size_t leading_zeros() const;

  bool negative_ = false;
  std::string_view integer_;
  std::string_view fraction_;
  std::int64_t exponent_ = 0; // cut where it is absurd
};

} // namespace jetcapture::plugins
