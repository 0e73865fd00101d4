// The rows of a block that are not yet in its file, by columns, matched by name over all schemas that the block sees.
//
// Until settle() a row may bring new columns and other kinds of values. After it the columns stay as they are: a row
// that does not fit them is refused with NextBlock.
#pragma once

#include "parquet/column_values.hpp"
#include "text/schema_layouts.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::plugins {

class RowBuffer {
public:
  struct Column {
    std::string name;
    std::uint32_t announced_kinds = 0;   // bits of the kinds that schemas say
    std::int32_t kind = JETCAPTURE_NULL; // once settled
    ColumnValues values;
  };

  // Throws BadData for what no column can hold, NextBlock for what these columns can't; then the buffer is as it was.
  void append(const jetcapture_record &record);

  void mark();
  void rollback();

  std::uint64_t rows() const { return rows_; }
  std::uint64_t rows_since_mark() const { return rows_ - marked_rows_; }
  std::uint64_t bytes() const { return rows_ * columns_.size() * ColumnValues::bytes_a_row + text_bytes_; }

  // Fixes names and kinds, once, and makes the columns equally long. The rows that follow keep to them.
  void settle();
  bool settled() const { return settled_; }
  // Settled, and equally long.
  const std::vector<Column> &columns();
  // Forgets the rows, keeps the columns.
  void clear();

private:
  struct Known {
    SchemaIdentity schema;
    std::vector<std::uint32_t> places; // of each value; absent: settled columns have none for it
  };
  const Known &known(const jetcapture_schema &schema);
  void check_values(const jetcapture_record &record, const Known &schema) const;
  void fill_up();
  void drop_columns_from(std::size_t count);

  std::vector<Column> columns_;
  std::vector<Known> known_; // the few schemas that were seen last
  std::size_t latest_ = 0;
  bool settled_ = false;
  std::uint64_t rows_ = 0;
  std::uint64_t text_bytes_ = 0;
  std::uint64_t marked_rows_ = 0;
  std::uint64_t marked_text_bytes_ = 0;
  std::size_t marked_columns_ = 0;
};

} // namespace jetcapture::plugins
