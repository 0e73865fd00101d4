// Which type holds the values of a column: the one place of the rule that README.md writes down.
//
// A column's type only grows: from unknown to a kind, up the ladder of numbers (integer, unsigned, number, decimal),
// and to text, which holds everything.
#pragma once

#include "parquet/decimal.hpp"
#include "parquet/type.hpp"

#include <bit>
#include <functional>
#include <optional>
#include <string_view>

namespace jetcapture::plugins {

constexpr std::uint32_t kind_bit(std::int32_t kind) {
  return 1u << kind;
}
constexpr std::int32_t last_kind = JETCAPTURE_STRUCT;
constexpr std::uint32_t nested_kinds = kind_bit(JETCAPTURE_LIST) | kind_bit(JETCAPTURE_STRUCT);

constexpr bool has_text(std::int32_t kind) {
  return kind == JETCAPTURE_TEXT || kind == JETCAPTURE_BYTES || kind == JETCAPTURE_JSON || kind == JETCAPTURE_DECIMAL;
}

// A value without children, as a column holds it.
struct Held {
  std::int32_t kind = JETCAPTURE_NULL;
  std::uint64_t bits = 0; // of a number, a flag, a time
  std::string_view text;  // where it has_text()

  Held(std::int32_t its_kind, std::uint64_t its_bits, std::string_view its_text)
      : kind(its_kind), bits(its_bits), text(its_text) {}
  explicit Held(const jetcapture_value &value);

  // Only of numbers.
  std::int64_t integer() const { return static_cast<std::int64_t>(bits); }
  double number() const { return std::bit_cast<double>(bits); }
};

// What decides about the type of values: of all of a column, or of one.
struct Facts {
  std::uint32_t kinds = 0; // bits; null aside
  bool negative = false;
  bool beyond_signed = false;
  bool inexact_as_number = false; // integers beyond 2^53

  void add(const Held &value);
};

// nullopt: it has no digits ("NaN").
std::optional<DecimalSize> decimal_size(const Held &number);

// The first type from `from` upwards that holds exactly what has these facts. digits: of all of it, asked for only
// where it may become a decimal.
Type widened(const Type &from, const Facts &facts, const std::function<std::optional<DecimalSize>()> &digits);

// Whether a column of that type, which is no list and no struct, holds the value as it is.
bool holds(const Type &type, const Held &value);

} // namespace jetcapture::plugins
