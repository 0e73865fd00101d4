// Arrow's errors as ours. What it is given here is checked before, so an error is a lack of memory or a defect.
#pragma once

#include "jetcapture/plugin.hpp"

#include <arrow/result.h>
#include <arrow/status.h>

#include <new>
#include <utility>

namespace jetcapture::plugins {

inline void check(const arrow::Status &status) {
  if (status.IsOutOfMemory())
    throw std::bad_alloc();
  if (!status.ok())
    throw Fatal("Apache Arrow can't write the block: " + status.ToString());
}

template <class T>
T check(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

} // namespace jetcapture::plugins
