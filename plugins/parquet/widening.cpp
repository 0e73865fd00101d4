#include "parquet/widening.hpp"

#include "jetcapture/plugin.hpp"
#include "text/numbers.hpp"

#include <cmath>
#include <limits>

namespace jetcapture::plugins {

namespace {

constexpr std::uint32_t integers = kind_bit(JETCAPTURE_INTEGER) | kind_bit(JETCAPTURE_UNSIGNED);
constexpr std::uint32_t numbers = integers | kind_bit(JETCAPTURE_NUMBER) | kind_bit(JETCAPTURE_DECIMAL);
constexpr std::int64_t most_exact = std::int64_t{1} << std::numeric_limits<double>::digits;

// From the rung where the column is, or of its values the first one.
Type on_the_ladder(const Type &from, const Facts &facts, const std::function<std::optional<DecimalSize>()> &digits) {
  const bool unknown = from.kind == JETCAPTURE_NULL;
  const std::uint32_t kinds = facts.kinds | (unknown ? 0 : kind_bit(from.kind));
  const bool only_integers = (kinds & ~integers) == 0;
  if (only_integers && kinds != kind_bit(JETCAPTURE_UNSIGNED) && from.kind != JETCAPTURE_UNSIGNED &&
      !facts.beyond_signed)
    return JETCAPTURE_INTEGER;
  if (only_integers && !facts.negative)
    return JETCAPTURE_UNSIGNED;
  if ((kinds & kind_bit(JETCAPTURE_NUMBER)) != 0 && (kinds & kind_bit(JETCAPTURE_DECIMAL)) == 0 &&
      !facts.inexact_as_number)
    return JETCAPTURE_NUMBER;
  std::optional<DecimalSize> size = digits();
  if (!size)
    return JETCAPTURE_TEXT;
  size->add({0, from.scale});
  if (size->integer_digits + size->scale > most_digits)
    return JETCAPTURE_TEXT;
  return {JETCAPTURE_DECIMAL, static_cast<std::int32_t>(size->scale)};
}

DecimalSize size_of(std::string_view text) {
  const std::optional<DecimalNumber> number = DecimalNumber::of(text);
  return number ? number->size() : DecimalSize{};
}

} // namespace

Held::Held(const jetcapture_value &value) : kind(value.kind) {
  if (has_text(kind))
    text = view(value.as.text);
  else if (kind == JETCAPTURE_NUMBER)
    bits = std::bit_cast<std::uint64_t>(value.as.number);
  else if (kind == JETCAPTURE_UNSIGNED)
    bits = value.as.uinteger;
  else if (kind != JETCAPTURE_NULL)
    bits = static_cast<std::uint64_t>(value.as.integer);
}

void Facts::add(const Held &value) {
  if (value.kind == JETCAPTURE_NULL)
    return;
  kinds |= kind_bit(value.kind);
  if (value.kind == JETCAPTURE_INTEGER) {
    negative |= value.integer() < 0;
    inexact_as_number |= value.integer() < -most_exact || value.integer() > most_exact;
  } else if (value.kind == JETCAPTURE_UNSIGNED) {
    beyond_signed |= value.integer() < 0;
    inexact_as_number |= value.bits > static_cast<std::uint64_t>(most_exact);
  }
}

std::optional<DecimalSize> decimal_size(const Held &number) {
  if (number.kind == JETCAPTURE_DECIMAL)
    return size_of(number.text);
  char place[longest_number];
  const auto up_to = [&](const char *end) { return std::string_view(place, static_cast<std::size_t>(end - place)); };
  if (number.kind == JETCAPTURE_INTEGER)
    return size_of(up_to(format(place, number.integer())));
  if (number.kind == JETCAPTURE_UNSIGNED)
    return size_of(up_to(format(place, number.bits)));
  if (!std::isfinite(number.number()))
    return std::nullopt;
  return size_of(up_to(format(place, number.number())));
}

Type widened(const Type &from, const Facts &facts, const std::function<std::optional<DecimalSize>()> &digits) {
  const std::uint32_t kinds = facts.kinds | (from.kind == JETCAPTURE_NULL ? 0 : kind_bit(from.kind));
  if (kinds == 0)
    return JETCAPTURE_TEXT;
  if ((kinds & ~numbers) == 0)
    return on_the_ladder(from, facts, digits);
  return std::has_single_bit(kinds) ? std::countr_zero(kinds) : std::int32_t{JETCAPTURE_TEXT};
}

bool holds(const Type &type, const Held &value) {
  if (value.kind == JETCAPTURE_NULL || type.kind == JETCAPTURE_TEXT)
    return true;
  if (value.kind == type.kind && value.kind != JETCAPTURE_DECIMAL)
    return true;
  Facts facts;
  facts.add(value);
  return widened(type, facts, [&] { return decimal_size(value); }) == type;
}

} // namespace jetcapture::plugins
