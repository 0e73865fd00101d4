#include "parquet/decimal.hpp"

#include <arrow/util/decimal.h>

namespace jetcapture::plugins {

namespace {

constexpr std::int64_t absurd = 1'000'000'000;
constexpr int chunk_digits = 18; // that fit 64 bits

std::string_view take_digits(std::string_view &rest) {
  const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

bool take(std::string_view &rest, char one, char other) {
  if (rest.empty() || (rest.front() != one && rest.front() != other))
    return false;
  rest.remove_prefix(1);
  return true;
}

// Whole numbers, digit by digit: as few multiplications of 128 bits as there can be.
class Gathered {
public:
  void add(std::string_view digits) {
    for (const char digit : digits) {
      chunk_ = chunk_ * 10 + (digit - '0');
      if (++count_ == chunk_digits)
        take_in();
    }
  }
  arrow::Decimal128 whole() {
    take_in();
    return value_;
  }

private:
  void take_in() {
    value_ = value_ * arrow::Decimal128(arrow::Decimal128::GetScaleMultiplier(count_)) + arrow::Decimal128(chunk_);
    chunk_ = count_ = 0;
  }
  arrow::Decimal128 value_;
  std::int64_t chunk_ = 0;
  int count_ = 0;
};

} // namespace

std::optional<DecimalNumber> DecimalNumber::of(std::string_view text) {
  DecimalNumber number;
  number.negative_ = take(text, '-', '-');
  number.integer_ = take_digits(text);
  if (number.integer_.empty() || (number.integer_.size() > 1 && number.integer_.front() == '0'))
    return std::nullopt;
  if (take(text, '.', '.')) {
    number.fraction_ = take_digits(text);
    if (number.fraction_.empty())
      return std::nullopt;
  }
  if (take(text, 'e', 'E')) {
    const bool below = !text.empty() && text.front() == '-';
    take(text, '-', '+');
    const std::string_view digits = take_digits(text);
    if (digits.empty())
      return std::nullopt;
    for (const char digit : digits)
      number.exponent_ = std::min(number.exponent_ * 10 + (digit - '0'), absurd);
    if (below)
      number.exponent_ = -number.exponent_;
  }
  return text.empty() ? std::optional(number) : std::nullopt;
}

std::size_t DecimalNumber::leading_zeros() const {
  if (integer_ != "0")
    return 0;
  return 1 + std::min(fraction_.find_first_not_of('0'), fraction_.size());
}

DecimalSize DecimalNumber::size() const {
  const auto fraction = static_cast<std::int64_t>(fraction_.size());
  const auto digits = static_cast<std::int64_t>(integer_.size() + fraction_.size() - leading_zeros());
  if (digits == 0)
    return {0, fraction};
  const std::int64_t scale = fraction - exponent_;
  return scale <= 0 ? DecimalSize{digits - scale, 0} : DecimalSize{std::max<std::int64_t>(digits - scale, 0), scale};
}

arrow::Decimal128 DecimalNumber::unscaled(std::int32_t scale) const {
  if (leading_zeros() == integer_.size() + fraction_.size())
    return {};
  Gathered digits;
  digits.add(integer_);
  digits.add(fraction_);
  const std::int64_t zeros = scale + exponent_ - static_cast<std::int64_t>(fraction_.size());
  arrow::Decimal128 value =
      digits.whole() * arrow::Decimal128(arrow::Decimal128::GetScaleMultiplier(static_cast<std::int32_t>(zeros)));
  return negative_ ? value.Negate() : value;
}

} // namespace jetcapture::plugins
