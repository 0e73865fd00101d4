// The type of a column in a file: a tree, where it is a list or a struct.
#pragma once

#include "jetcapture/payload.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace arrow {
class DataType;
}

namespace jetcapture::plugins {

enum class TimeUnit { nanoseconds, microseconds };

struct NamedType;

struct Type {
  Type(std::int32_t kind_of_values = JETCAPTURE_NULL, std::int32_t fraction_digits = 0)
      : kind(kind_of_values), scale(fraction_digits) {}

  std::int32_t kind;               // of payload.h; JETCAPTURE_NULL: not known
  std::int32_t scale;              // of JETCAPTURE_DECIMAL, whose precision is most_digits
  std::vector<NamedType> children; // one of a list, one or more of a struct
};

struct NamedType {
  std::string name;
  Type type;
};

// The columns of a file that it becomes: its leaves.
std::size_t count_leaves(const Type &type);

bool operator==(const Type &one, const Type &other);

// Of a decimal of 128 bits.
constexpr std::int32_t most_digits = 38;

// What a column of an unknown type is in a file: text.
std::shared_ptr<arrow::DataType> arrow_type(const Type &type, TimeUnit unit);

} // namespace jetcapture::plugins
