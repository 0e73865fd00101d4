#include "parquet/input_file.hpp"

#include <utility>

namespace jetcapture::plugins {

arrow::Status InputFile::Seek(std::int64_t place) {
  if (place < 0)
    return arrow::Status::Invalid("a place before the file");
  place_ = place;
  return arrow::Status::OK();
}

arrow::Result<std::int64_t> InputFile::Read(std::int64_t size, void *out) {
  std::int64_t done = 0;
  try {
    while (done < size) {
      const std::size_t count = input_.read(static_cast<std::uint64_t>(place_), static_cast<char *>(out) + done,
                                            static_cast<std::size_t>(size - done));
      if (count == 0)
        break;
      done += static_cast<std::int64_t>(count);
      place_ += static_cast<std::int64_t>(count);
    }
  } catch (const Retry &why) {
    failed_ = true;
    return arrow::Status::IOError(why.what());
  }
  return done;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> InputFile::Read(std::int64_t size) {
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::ResizableBuffer> buffer, arrow::AllocateResizableBuffer(size));
  ARROW_ASSIGN_OR_RAISE(const std::int64_t count, Read(size, buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(count));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Status InputFile::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

} // namespace jetcapture::plugins
