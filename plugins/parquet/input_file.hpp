// An object that a reader is given, as Arrow reads files.
#pragma once

#include "jetcapture/plugin.hpp"

#include <cstdint>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>

namespace jetcapture::plugins {

// One thread at a time.
class InputFile : public arrow::io::RandomAccessFile {
public:
  explicit InputFile(Input input) : input_(input) {}

  arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(input_.bytes()); }
  arrow::Result<std::int64_t> Tell() const override { return place_; }
  arrow::Status Seek(std::int64_t place) override;
  arrow::Result<std::int64_t> Read(std::int64_t size, void *out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override;
  arrow::Status Close() override;
  bool closed() const override { return closed_; }

  // The bytes could not be read: what Arrow says then is no fault of the object.
  bool failed() const { return failed_; }

private:
  Input input_;
  std::int64_t place_ = 0;
  bool closed_ = false;
  bool failed_ = false;
};

} // namespace jetcapture::plugins
