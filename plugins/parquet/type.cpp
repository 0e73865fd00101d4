#include "parquet/type.hpp"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/config.h>
#if ARROW_VERSION_MAJOR >= 20
#include <arrow/extension/json.h>
#endif

namespace jetcapture::plugins {

std::size_t count_leaves(const Type &type) {
  if (type.children.empty())
    return 1;
  std::size_t leaves = 0;
  for (const NamedType &child : type.children)
    leaves += count_leaves(child.type);
  return leaves;
}

bool operator==(const Type &one, const Type &other) {
  return one.kind == other.kind && one.scale == other.scale &&
         std::equal(one.children.begin(), one.children.end(), other.children.begin(), other.children.end(),
                    [](const NamedType &a, const NamedType &b) { return a.name == b.name && a.type == b.type; });
}

std::shared_ptr<arrow::DataType> arrow_type(const Type &type, TimeUnit unit) {
  switch (type.kind) {
  case JETCAPTURE_FLAG:
    return arrow::boolean();
  case JETCAPTURE_INTEGER:
    return arrow::int64();
  case JETCAPTURE_UNSIGNED:
    return arrow::uint64();
  case JETCAPTURE_NUMBER:
    return arrow::float64();
  case JETCAPTURE_BYTES:
    return arrow::binary();
  case JETCAPTURE_TIMESTAMP:
    return arrow::timestamp(unit == TimeUnit::nanoseconds ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO, "UTC");
  case JETCAPTURE_DATE:
    return arrow::date32();
  case JETCAPTURE_DECIMAL:
    return arrow::decimal128(most_digits, type.scale);
  case JETCAPTURE_JSON:
#if ARROW_VERSION_MAJOR >= 20
    return arrow::extension::json();
#else
    return arrow::utf8();
#endif
  case JETCAPTURE_LIST:
    return arrow::list(arrow_type(type.children.front().type, unit));
  case JETCAPTURE_STRUCT: {
    arrow::FieldVector fields;
    for (const NamedType &child : type.children)
      fields.push_back(arrow::field(child.name, arrow_type(child.type, unit)));
    return arrow::struct_(std::move(fields));
  }
  default:
    return arrow::utf8();
  }
}

} // namespace jetcapture::plugins
