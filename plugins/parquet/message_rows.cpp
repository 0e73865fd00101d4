#include "parquet/message_rows.hpp"

#include "text/message_headers.hpp"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

namespace jetcapture::plugins {

namespace {

constexpr std::int64_t bytes_at_once = 4 << 20;
constexpr std::int64_t most_rows_at_once = 4096;

// As many rows at a time as have some megabytes, by the bytes of the largest row group.
std::int64_t rows_at_once(const ::parquet::FileMetaData &file) {
  std::int64_t rows = most_rows_at_once;
  for (int i = 0; i < file.num_row_groups(); i++) {
    const auto group = file.RowGroup(i);
    const std::int64_t bytes_a_row = group->total_byte_size() / std::max<std::int64_t>(group->num_rows(), 1);
    rows = std::min(rows, bytes_at_once / std::max<std::int64_t>(bytes_a_row, 1));
  }
  return std::max<std::int64_t>(rows, 1);
}

// nullptr: there is none of that name.
std::shared_ptr<arrow::Array> column_of(const arrow::RecordBatch &rows, const char *name) {
  std::shared_ptr<arrow::Array> column = rows.GetColumnByName(name);
  if (column != nullptr && column->type_id() == arrow::Type::EXTENSION)
    return static_cast<const arrow::ExtensionArray &>(*column).storage();
  return column;
}

std::shared_ptr<arrow::Array> needed(const arrow::RecordBatch &rows, const char *name,
                                     std::initializer_list<arrow::Type::type> types) {
  std::shared_ptr<arrow::Array> column = column_of(rows, name);
  if (column == nullptr || std::find(types.begin(), types.end(), column->type_id()) == types.end())
    throw BadData(std::string("it has no whole messages: there is no column ") + name + " as the writer makes it");
  return column;
}

jetcapture_text text_at(const arrow::Array &column, std::int64_t row) {
  return text(static_cast<const arrow::BinaryArray &>(column).GetView(row));
}

std::int64_t nanoseconds_of_a_unit(const arrow::DataType &type) {
  switch (static_cast<const arrow::TimestampType &>(type).unit()) {
  case arrow::TimeUnit::SECOND:
    return 1'000'000'000;
  case arrow::TimeUnit::MILLI:
    return 1'000'000;
  case arrow::TimeUnit::MICRO:
    return 1'000;
  case arrow::TimeUnit::NANO:
    break;
  }
  return 1;
}

} // namespace

template <class Status>
void MessageRows::check(const Status &status) const {
  if (status.IsOutOfMemory())
    throw std::bad_alloc();
  if (file_->failed())
    throw Retry("the object can't be read from the spool");
  if (!status.ok())
    throw BadData("it is no Parquet file that can be read: " + status.ToString());
}

MessageRows::MessageRows(Input input) : file_(std::make_shared<InputFile>(input)) {
  open();
}

MessageRows::~MessageRows() = default;

void MessageRows::open() {
  ::parquet::arrow::FileReaderBuilder builder;
  check(builder.Open(file_));
  ::parquet::ArrowReaderProperties properties(false); // no threads
  properties.set_pre_buffer(false);                   // which would read on threads of Arrow's
  properties.set_batch_size(rows_at_once(*builder.raw_reader()->metadata()));
  builder.properties(properties);
  check(builder.Build(&reader_));
  check(reader_->GetRecordBatchReader(&batches_));
}

bool MessageRows::read_rows() {
  do {
    check(batches_->ReadNext(&rows_));
    if (rows_ == nullptr)
      return false;
  } while (rows_->num_rows() == 0);
  row_ = 0;
  subject_ = needed(*rows_, "subject", {arrow::Type::STRING});
  sequence_ = needed(*rows_, "sequence", {arrow::Type::UINT64});
  timestamp_ = needed(*rows_, "timestamp", {arrow::Type::TIMESTAMP});
  headers_ = needed(*rows_, "headers", {arrow::Type::STRING, arrow::Type::BINARY});
  data_ = needed(*rows_, "data", {arrow::Type::BINARY, arrow::Type::STRING});
  header_block_ = needed(*rows_, "header_block", {arrow::Type::BINARY});
  nanoseconds_ = nanoseconds_of_a_unit(*timestamp_->type());
  return true;
}

bool MessageRows::next(jetcapture_whole_message &message) {
  if ((rows_ == nullptr || row_ == rows_->num_rows()) && !read_rows())
    return false;
  for (const auto &column : {subject_, sequence_, timestamp_, data_})
    if (column->IsNull(row_))
      throw BadData("it has no whole messages: a subject, sequence, timestamp or data is null");
  message.sequence = static_cast<const arrow::UInt64Array &>(*sequence_).Value(row_);
  message.timestamp = static_cast<const arrow::TimestampArray &>(*timestamp_).Value(row_) * nanoseconds_;
  message.subject = text_at(*subject_, row_);
  message.data = text_at(*data_, row_);
  if (header_block_->IsValid(row_)) {
    message.header_block = text_at(*header_block_, row_);
  } else if (headers_->IsValid(row_)) {
    if (const std::string why = document_.parse(view(text_at(*headers_, row_))); !why.empty())
      throw BadData("its headers are not JSON: " + why);
    read_headers_value(document_.root(), header_text_);
    message.header_block = text(header_text_);
  }
  row_++;
  return true;
}

} // namespace jetcapture::plugins
