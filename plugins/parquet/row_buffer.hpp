// The rows of a block that are not yet in its file, by columns, matched by name over all schemas that the block sees.
//
// Until settle() a row may bring new columns and other kinds of values. After it the columns stay as they are: a row
// that does not fit them is refused with NextBlock.
#pragma once

#include "parquet/column.hpp"
#include "text/schema_layouts.hpp"

#include <cstdint>
#include <vector>

namespace jetcapture::plugins {

class CaptureTypes;

class RowBuffer {
public:
  // Throws BadData for what no column can hold, NextBlock for what these columns can't; then the buffer is as it was.
  void append(const jetcapture_record &record);

  void mark();
  void rollback();

  std::uint64_t rows() const { return root_.rows(); }
  std::uint64_t rows_since_mark() const { return rows() - marked_rows_; }
  std::uint64_t bytes() const { return rows() * root_.members().size() * Column::bytes_a_row + value_bytes_; }

  // Fixes names and types, once. The rows that follow keep to them.
  void settle(CaptureTypes &types);
  bool settled() const { return settled_; }
  // Settled, and equally long.
  const std::vector<Column> &columns();
  // How many of the rows a row group may take: all, unless lists and structs out of JSON take much more memory than
  // their text. At least 1.
  std::size_t rows_at_once() const;
  // Forgets the rows, keeps the columns.
  void clear();

private:
  struct Known {
    SchemaIdentity schema;
    std::vector<Place> places; // of each value
  };
  const Known *find(const jetcapture_schema &schema);
  const Known &learn(const jetcapture_schema &schema);
  void check_fit(const jetcapture_record &record, const std::vector<Place> &places);

  Column root_{""};          // a record is a struct
  std::vector<Known> known_; // the few schemas that were seen last
  std::size_t latest_ = 0;
  bool settled_ = false;
  JsonDocument document_;         // to look into values with
  std::uint64_t value_bytes_ = 0; // of texts, elements and members
  std::uint64_t marked_rows_ = 0;
  std::uint64_t marked_value_bytes_ = 0;
};

} // namespace jetcapture::plugins
