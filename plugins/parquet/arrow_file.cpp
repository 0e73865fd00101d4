#include "parquet/arrow_file.hpp"

#include "parquet/arrow_status.hpp"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <arrow/type.h>
#include <arrow/util/config.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

namespace jetcapture::plugins {

class ArrowFile::Sink : public arrow::io::OutputStream {
public:
  arrow::Status Write(const void *data, std::int64_t size) override {
    bytes.append(static_cast<const char *>(data), static_cast<std::size_t>(size));
    written_ += size;
    return arrow::Status::OK();
  }
  using arrow::io::OutputStream::Write;
  arrow::Result<std::int64_t> Tell() const override { return written_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

  std::string bytes;

private:
  std::int64_t written_ = 0;
  bool closed_ = false;
};

ArrowFile::ArrowFile(std::shared_ptr<::parquet::WriterProperties> properties, TimeUnit unit)
    : properties_(std::move(properties)), unit_(unit), sink_(std::make_shared<Sink>()) {}

ArrowFile::~ArrowFile() = default;

std::string &ArrowFile::bytes() {
  return sink_->bytes;
}

void ArrowFile::write_group(RowBuffer &rows) {
  if (writer_ == nullptr) {
    arrow::FieldVector fields;
    for (const Column &column : rows.columns())
      fields.push_back(arrow::field(column.name(), arrow_type(column.type(), unit_)));
    const arrow::Schema schema(std::move(fields));
    writer_ = check(::parquet::arrow::FileWriter::Open(schema, arrow::default_memory_pool(), sink_,
                                                       properties_for(schema, rows.columns())));
  }
  const std::size_t at_once = rows.rows_at_once();
  for (std::size_t first = 0; first < rows.rows(); first += at_once)
    write_rows(rows.columns(), first, std::min<std::size_t>(at_once, rows.rows() - first));
  rows.clear();
}

// DuckDB leaves out chunks whose least and greatest value are the 1.0 that a NaN beside them is not. Statistics are
// chosen for all chunks of a leaf.
std::shared_ptr<::parquet::WriterProperties> ArrowFile::properties_for(const arrow::Schema &schema,
                                                                       const std::vector<Column> &columns) const {
  std::vector<bool> has_nan;
  for (const Column &column : columns)
    column.find_nan(has_nan);
  if (std::find(has_nan.begin(), has_nan.end(), true) == has_nan.end())
    return properties_;
  std::shared_ptr<::parquet::SchemaDescriptor> leaves;
  check(::parquet::arrow::ToParquetSchema(&schema, *properties_, &leaves));
  ::parquet::WriterProperties::Builder builder(*properties_);
  for (std::size_t i = 0; i < has_nan.size(); i++)
    if (has_nan[i])
      builder.disable_statistics(leaves->Column(static_cast<int>(i))->path());
  return builder.build();
}

void ArrowFile::write_rows(const std::vector<Column> &columns, std::size_t first, std::size_t count) {
#if ARROW_VERSION_MAJOR >= 19
  check(writer_->NewRowGroup());
#else
  check(writer_->NewRowGroup(static_cast<std::int64_t>(count)));
#endif
  for (const Column &column : columns)
    check(writer_->WriteColumnChunk(*column.array(unit_, first, count)));
}

void ArrowFile::finish(const std::shared_ptr<const arrow::KeyValueMetadata> &metadata) {
  check(writer_->AddKeyValueMetadata(metadata));
  check(writer_->Close());
}

} // namespace jetcapture::plugins
