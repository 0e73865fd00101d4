// One Parquet file that is written row group by row group into memory; whoever owns it takes the bytes away.
#pragma once

#include "parquet/row_buffer.hpp"

#include <memory>
#include <string>

namespace arrow {
class KeyValueMetadata;
class Schema;
} // namespace arrow
namespace parquet {
class WriterProperties;
namespace arrow {
class FileWriter;
}
} // namespace parquet

namespace jetcapture::plugins {

class ArrowFile {
public:
  ArrowFile(std::shared_ptr<parquet::WriterProperties> properties, TimeUnit unit);
  ~ArrowFile();
  ArrowFile(const ArrowFile &) = delete;
  ArrowFile &operator=(const ArrowFile &) = delete;

  // Row groups, mostly one, of all rows that are buffered, which have settled columns; then the buffer is empty. Throws
  // Fatal, bad_alloc.
  void write_group(RowBuffer &rows);
  // The footer, with the metadata. After at least one row group.
  void finish(const std::shared_ptr<const arrow::KeyValueMetadata> &metadata);

  // Encoded, and not yet taken away.
  std::string &bytes();

private:
  class Sink;

  // Those of the file, without statistics where they would mislead.
  std::shared_ptr<parquet::WriterProperties> properties_for(const arrow::Schema &schema,
                                                            const std::vector<Column> &columns) const;
  void write_rows(const std::vector<Column> &columns, std::size_t first, std::size_t count);

  std::shared_ptr<parquet::WriterProperties> properties_;
  const TimeUnit unit_;
  std::shared_ptr<Sink> sink_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

} // namespace jetcapture::plugins
