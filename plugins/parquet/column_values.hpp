// The values of one column that are not yet in the file, as they came: each with its own kind, so that the column's
// type can be settled when all are known, and so that the last ones can be taken back.
#pragma once

#include "jetcapture/payload.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arrow {
class Array;
class DataType;
} // namespace arrow

namespace jetcapture::plugins {

enum class TimeUnit { nanoseconds, microseconds };

class ColumnValues {
public:
  std::size_t rows() const { return kinds_.size(); }
  static constexpr std::uint64_t bytes_a_row = sizeof(std::int8_t) + sizeof(std::uint64_t); // and its text

  void append(const jetcapture_value &value);
  void append_nulls(std::size_t count);
  void clear();

  // rollback() returns to the rows of the last mark(); before the first one, and after clear(), to none.
  void mark();
  void rollback();

  // The kind that holds all the values exactly: one of payload.h, JETCAPTURE_JSON for a mixture. Without values, those
  // that decoders announced (bits) say it; without those too it is JETCAPTURE_NULL.
  std::int32_t settle(std::uint32_t announced_kinds) const;

  // The values in a column of that kind, which fits them all.
  std::shared_ptr<arrow::Array> array(std::int32_t kind, TimeUnit unit) const;

private:
  std::vector<std::int8_t> kinds_;
  std::vector<std::uint64_t> numbers_; // bits of a number; of a text, where it ends in text_
  std::string text_;
  std::size_t marked_rows_ = 0;
  std::size_t marked_text_ = 0;
};

// Whether a column of that kind can hold the value exactly.
bool fits(std::int32_t column_kind, const jetcapture_value &value);

std::shared_ptr<arrow::DataType> arrow_type(std::int32_t kind, TimeUnit unit);

} // namespace jetcapture::plugins
