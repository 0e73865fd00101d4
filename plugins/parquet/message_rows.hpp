// Whole messages from the rows of a Parquet file: the reverse of MessageRecord.
#pragma once

#include "jetcapture/plugin.hpp"
#include "parquet/input_file.hpp"
#include "text/json_document.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace arrow {
class Array;
class RecordBatch;
class RecordBatchReader;
} // namespace arrow
namespace parquet::arrow {
class FileReader;
}

namespace jetcapture::plugins {

// One thread at a time.
class MessageRows {
public:
  // Throws BadData: it is no Parquet file, or has no whole messages; Retry: it can't be read.
  explicit MessageRows(Input input);
  ~MessageRows();
  MessageRows(const MessageRows &) = delete;
  MessageRows &operator=(const MessageRows &) = delete;

  // False: there are no more. The message points into rows that are kept until the next call. Throws as above.
  bool next(jetcapture_whole_message &message);

private:
  void open();
  bool read_rows();
  // Throws for a status that is not ok.
  template <class Status>
  void check(const Status &status) const;

  const std::shared_ptr<InputFile> file_;
  std::unique_ptr<::parquet::arrow::FileReader> reader_;
  std::shared_ptr<::arrow::RecordBatchReader> batches_;
  std::shared_ptr<::arrow::RecordBatch> rows_;
  std::int64_t row_ = 0; // of rows_, the next one
  // Of rows_.
  std::shared_ptr<::arrow::Array> subject_, sequence_, timestamp_, headers_, data_, header_block_;
  std::int64_t nanoseconds_ = 1; // of a unit of timestamp_

  JsonDocument document_;
  std::string header_text_;
};

} // namespace jetcapture::plugins
