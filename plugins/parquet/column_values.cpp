#include "parquet/column_values.hpp"

#include "jetcapture/plugin.hpp"
#include "parquet/arrow_status.hpp"
#include "text/json.hpp"
#include "text/numbers.hpp"
#include "text/scratch.hpp"
#include "text/timestamp.hpp"

#include <bit>
#include <limits>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/config.h>
#if ARROW_VERSION_MAJOR >= 20
#include <arrow/extension/json.h>
#endif

namespace jetcapture::plugins {

namespace {

constexpr std::uint32_t bit(std::int32_t kind) {
  return 1u << kind;
}

bool is_text(std::int32_t kind) {
  return kind == JETCAPTURE_TEXT || kind == JETCAPTURE_BYTES || kind == JETCAPTURE_JSON;
}

bool is_exact_as_number(std::int64_t integer) {
  constexpr std::int64_t most = std::int64_t{1} << std::numeric_limits<double>::digits;
  return integer >= -most && integer <= most;
}

constexpr auto most_signed = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

template <class Format>
void put_formatted(Out out, std::size_t longest, Format format_at) {
  char *const place = out.reserve(longest);
  out.wrote(static_cast<std::size_t>(format_at(place) - place));
}

// A value of any kind as JSON, in a column of several kinds.
void put_as_json(Out out, std::int32_t kind, std::uint64_t bits, std::string_view text) {
  switch (kind) {
  case JETCAPTURE_FLAG:
    out.put(bits != 0 ? "true" : "false");
    return;
  case JETCAPTURE_INTEGER:
    return put_formatted(out, longest_number, [&](char *at) { return format(at, static_cast<std::int64_t>(bits)); });
  case JETCAPTURE_UNSIGNED:
    return put_formatted(out, longest_number, [&](char *at) { return format(at, bits); });
  case JETCAPTURE_NUMBER: {
    const auto number = std::bit_cast<double>(bits);
    const std::string_view quote = std::isfinite(number) ? "" : "\"";
    out.put(quote);
    put_formatted(out, longest_number, [&](char *at) { return format(at, number); });
    out.put(quote);
    return;
  }
  case JETCAPTURE_TIMESTAMP:
    out.put('"');
    put_formatted(out, longest_timestamp,
                  [&](char *at) { return format_timestamp(at, static_cast<std::int64_t>(bits)); });
    out.put('"');
    return;
  case JETCAPTURE_TEXT:
    put_json_string(out, text);
    return;
  case JETCAPTURE_BYTES:
    out.put("{\"base64\":");
    put_json_base64(out, text);
    out.put('}');
    return;
  default:
    out.put(text);
  }
}

std::int64_t in_unit(std::int64_t nanoseconds, TimeUnit unit) {
  if (unit == TimeUnit::nanoseconds)
    return nanoseconds;
  const std::int64_t whole = nanoseconds / 1000;
  return nanoseconds % 1000 < 0 ? whole - 1 : whole;
}

std::shared_ptr<arrow::Array> finished(arrow::ArrayBuilder &builder) {
  std::shared_ptr<arrow::Array> array;
  check(builder.Finish(&array));
  return array;
}

} // namespace

void ColumnValues::append(const jetcapture_value &value) {
  std::uint64_t number = 0;
  if (is_text(value.kind)) {
    text_ += view(value.as.text);
    number = text_.size();
  } else if (value.kind == JETCAPTURE_NUMBER) {
    number = std::bit_cast<std::uint64_t>(value.as.number);
  } else if (value.kind == JETCAPTURE_UNSIGNED) {
    number = value.as.uinteger;
  } else if (value.kind != JETCAPTURE_NULL) {
    number = static_cast<std::uint64_t>(value.as.integer);
  }
  numbers_.push_back(number);
  kinds_.push_back(static_cast<std::int8_t>(value.kind));
}

void ColumnValues::append_nulls(std::size_t count) {
  numbers_.resize(kinds_.size() + count);
  kinds_.resize(kinds_.size() + count, JETCAPTURE_NULL);
}

void ColumnValues::clear() {
  *this = ColumnValues();
}

void ColumnValues::mark() {
  marked_rows_ = kinds_.size();
  marked_text_ = text_.size();
}

void ColumnValues::rollback() {
  kinds_.resize(std::min(marked_rows_, kinds_.size()));
  numbers_.resize(kinds_.size());
  text_.resize(std::min(marked_text_, text_.size()));
}

std::int32_t ColumnValues::settle(std::uint32_t announced_kinds) const {
  std::uint32_t kinds = 0;
  bool negative = false;
  bool beyond_signed = false;
  bool exact_as_number = true;
  for (std::size_t i = 0; i < kinds_.size(); i++) {
    kinds |= bit(kinds_[i]);
    if (kinds_[i] == JETCAPTURE_INTEGER) {
      const auto integer = static_cast<std::int64_t>(numbers_[i]);
      negative |= integer < 0;
      exact_as_number &= is_exact_as_number(integer);
    } else if (kinds_[i] == JETCAPTURE_UNSIGNED) {
      beyond_signed |= numbers_[i] > most_signed;
      exact_as_number &= numbers_[i] <= most_signed && is_exact_as_number(static_cast<std::int64_t>(numbers_[i]));
    }
  }
  kinds &= ~bit(JETCAPTURE_NULL);
  if (kinds == 0)
    kinds = announced_kinds;
  if (kinds == 0)
    return JETCAPTURE_NULL;
  if (std::has_single_bit(kinds))
    return std::countr_zero(kinds);
  constexpr std::uint32_t integers = bit(JETCAPTURE_INTEGER) | bit(JETCAPTURE_UNSIGNED);
  if (kinds == integers && !beyond_signed)
    return JETCAPTURE_INTEGER;
  if (kinds == integers && !negative)
    return JETCAPTURE_UNSIGNED;
  if ((kinds & ~(integers | bit(JETCAPTURE_NUMBER))) == 0 && (kinds & bit(JETCAPTURE_NUMBER)) != 0 && exact_as_number)
    return JETCAPTURE_NUMBER;
  return JETCAPTURE_JSON;
}

bool fits(std::int32_t column_kind, const jetcapture_value &value) {
  if (value.kind == column_kind || value.kind == JETCAPTURE_NULL || column_kind == JETCAPTURE_JSON)
    return true;
  if (value.kind == JETCAPTURE_INTEGER)
    return column_kind == JETCAPTURE_UNSIGNED
               ? value.as.integer >= 0
               : column_kind == JETCAPTURE_NUMBER && is_exact_as_number(value.as.integer);
  if (value.kind == JETCAPTURE_UNSIGNED && value.as.uinteger <= most_signed)
    return column_kind == JETCAPTURE_INTEGER ||
           (column_kind == JETCAPTURE_NUMBER && is_exact_as_number(static_cast<std::int64_t>(value.as.uinteger)));
  return false;
}

std::shared_ptr<arrow::DataType> arrow_type(std::int32_t kind, TimeUnit unit) {
  switch (kind) {
  case JETCAPTURE_FLAG:
    return arrow::boolean();
  case JETCAPTURE_INTEGER:
    return arrow::int64();
  case JETCAPTURE_UNSIGNED:
    return arrow::uint64();
  case JETCAPTURE_NUMBER:
    return arrow::float64();
  case JETCAPTURE_TEXT:
    return arrow::utf8();
  case JETCAPTURE_BYTES:
    return arrow::binary();
  case JETCAPTURE_TIMESTAMP:
    return arrow::timestamp(unit == TimeUnit::nanoseconds ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO, "UTC");
  case JETCAPTURE_JSON:
#if ARROW_VERSION_MAJOR >= 20
    return arrow::extension::json();
#else
    return arrow::utf8();
#endif
  default:
    return arrow::null();
  }
}

std::shared_ptr<arrow::Array> ColumnValues::array(std::int32_t kind, TimeUnit unit) const {
  const auto rows = static_cast<std::int64_t>(kinds_.size());
  // append(kind, bits, text) appends a value that is no null.
  const auto fill = [&](auto &builder, auto append) {
    check(builder.Reserve(rows));
    std::size_t text_at = 0;
    for (std::size_t i = 0; i < kinds_.size(); i++) {
      std::string_view text;
      if (is_text(kinds_[i])) {
        text = std::string_view(text_).substr(text_at, numbers_[i] - text_at);
        text_at = numbers_[i];
      }
      if (kinds_[i] == JETCAPTURE_NULL)
        builder.UnsafeAppendNull();
      else
        append(kinds_[i], numbers_[i], text);
    }
    return finished(builder);
  };
  switch (kind) {
  case JETCAPTURE_FLAG: {
    arrow::BooleanBuilder builder;
    return fill(builder, [&](std::int32_t, std::uint64_t bits, std::string_view) { builder.UnsafeAppend(bits != 0); });
  }
  case JETCAPTURE_INTEGER: {
    arrow::Int64Builder builder;
    return fill(builder, [&](std::int32_t, std::uint64_t bits, std::string_view) {
      builder.UnsafeAppend(static_cast<std::int64_t>(bits));
    });
  }
  case JETCAPTURE_UNSIGNED: {
    arrow::UInt64Builder builder;
    return fill(builder, [&](std::int32_t, std::uint64_t bits, std::string_view) { builder.UnsafeAppend(bits); });
  }
  case JETCAPTURE_NUMBER: {
    arrow::DoubleBuilder builder;
    return fill(builder, [&](std::int32_t of, std::uint64_t bits, std::string_view) {
      builder.UnsafeAppend(of == JETCAPTURE_NUMBER    ? std::bit_cast<double>(bits)
                           : of == JETCAPTURE_INTEGER ? static_cast<double>(static_cast<std::int64_t>(bits))
                                                      : static_cast<double>(bits));
    });
  }
  case JETCAPTURE_TIMESTAMP: {
    arrow::TimestampBuilder builder(arrow_type(kind, unit), arrow::default_memory_pool());
    return fill(builder, [&](std::int32_t, std::uint64_t bits, std::string_view) {
      builder.UnsafeAppend(in_unit(static_cast<std::int64_t>(bits), unit));
    });
  }
  case JETCAPTURE_TEXT: {
    arrow::StringBuilder builder;
    check(builder.ReserveData(static_cast<std::int64_t>(text_.size())));
    return fill(builder, [&](std::int32_t, std::uint64_t, std::string_view text) { builder.UnsafeAppend(text); });
  }
  case JETCAPTURE_BYTES: {
    arrow::BinaryBuilder builder;
    check(builder.ReserveData(static_cast<std::int64_t>(text_.size())));
    return fill(builder, [&](std::int32_t, std::uint64_t, std::string_view text) { builder.UnsafeAppend(text); });
  }
  case JETCAPTURE_JSON: {
    arrow::StringBuilder builder;
    Scratch scratch;
    const auto texts = fill(builder, [&](std::int32_t of, std::uint64_t bits, std::string_view text) {
      scratch.clear();
      put_as_json(scratch.out(), of, bits, text);
      check(builder.Append(scratch.text()));
    });
    const auto type = arrow_type(kind, unit);
    return type->id() == arrow::Type::EXTENSION ? arrow::ExtensionType::WrapArray(type, texts) : texts;
  }
  default:
    return std::make_shared<arrow::NullArray>(rows);
  }
}

} // namespace jetcapture::plugins
