// The values of a column as Arrow's arrays, and as text.
#include "parquet/arrow_status.hpp"
#include "parquet/column.hpp"
#include "parquet/value_text.hpp"
#include "text/json.hpp"
#include "text/scratch.hpp"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/buffer_builder.h>
#include <arrow/builder.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

namespace jetcapture::plugins {

// Goes over the rows of a complete column from the first on.
class Column::Reader {
public:
  explicit Reader(const Column &column) : column_(column) {
    if (column.element_ != nullptr)
      element_ = std::make_unique<Reader>(*column.element_);
    for (const Column &member : column.members_)
      members_.emplace_back(member);
  }

  std::int32_t kind() const { return column_.kinds_[row_]; }

  // The row, which has no children.
  Held next() {
    Held held(kind(), column_.numbers_[row_], {});
    if (has_text(held.kind)) {
      held.text = std::string_view(column_.text_).substr(text_at_, held.bits - text_at_);
      text_at_ = held.bits;
    }
    skip();
    return held;
  }

  // Writes the row; one that is no list and no struct as it is, or as JSON writes it.
  void put_next(Out out, bool as_json) {
    if (kind() == JETCAPTURE_LIST)
      return put_list(out);
    if (kind() == JETCAPTURE_STRUCT)
      return put_struct(out);
    const Held held = next();
    as_json ? put_as_json(out, held) : put_as_text(out, held);
  }

private:
  // A row that is no struct has nulls in the members.
  void skip() {
    row_++;
    for (Reader &member : members_)
      member.skip();
  }
  void put_list(Out out) {
    out.put('[');
    for (bool first = true; element_->row_ < column_.numbers_[row_]; first = false) {
      out.put(first ? "" : ",");
      element_->put_next(out, true);
    }
    out.put(']');
    skip();
  }
  void put_struct(Out out) {
    row_++;
    out.put('{');
    for (std::size_t i = 0; i < members_.size(); i++) {
      out.put(i == 0 ? "" : ",");
      put_json_string(out, members_[i].column_.name_);
      out.put(':');
      members_[i].put_next(out, true);
    }
    out.put('}');
  }

  const Column &column_;
  std::size_t row_ = 0;
  std::size_t text_at_ = 0;
  std::unique_ptr<Reader> element_;
  std::vector<Reader> members_;
};

namespace {

std::int64_t in_unit(std::int64_t nanoseconds, TimeUnit unit) {
  if (unit == TimeUnit::nanoseconds)
    return nanoseconds;
  const std::int64_t whole = nanoseconds / 1000;
  return nanoseconds % 1000 < 0 ? whole - 1 : whole;
}

double as_double(const Held &value) {
  return value.kind == JETCAPTURE_NUMBER    ? value.number()
         : value.kind == JETCAPTURE_INTEGER ? static_cast<double>(value.integer())
                                            : static_cast<double>(value.bits);
}

// By its digits: of a double the shortest that read back as it.
arrow::Decimal128 as_decimal(const Held &value, std::int32_t scale) {
  if (value.kind == JETCAPTURE_DECIMAL)
    return DecimalNumber::of(value.text)->unscaled(scale);
  Scratch digits;
  put_as_text(digits.out(), value);
  return DecimalNumber::of(digits.text())->unscaled(scale);
}

std::shared_ptr<arrow::Array> finished(arrow::ArrayBuilder &builder) {
  std::shared_ptr<arrow::Array> array;
  check(builder.Finish(&array));
  return array;
}

// One bit for each row: whether it is of that kind, and not null.
std::shared_ptr<arrow::Buffer> validity(const std::vector<std::int8_t> &kinds, std::int32_t kind) {
  arrow::TypedBufferBuilder<bool> bits;
  check(bits.Reserve(static_cast<std::int64_t>(kinds.size())));
  for (const std::int8_t one : kinds)
    bits.UnsafeAppend(one == kind);
  return check(bits.Finish());
}

} // namespace

std::shared_ptr<arrow::Array> Column::lists(TimeUnit unit) const {
  arrow::TypedBufferBuilder<std::int32_t> ends;
  check(ends.Reserve(static_cast<std::int64_t>(rows() + 1)));
  std::int32_t end = 0;
  ends.UnsafeAppend(end);
  for (std::size_t i = 0; i < rows(); i++) {
    if (kinds_[i] == JETCAPTURE_LIST)
      end = static_cast<std::int32_t>(numbers_[i]);
    ends.UnsafeAppend(end);
  }
  return std::make_shared<arrow::ListArray>(arrow_type(type_, unit), static_cast<std::int64_t>(rows()),
                                            check(ends.Finish()), element_->array(unit),
                                            validity(kinds_, JETCAPTURE_LIST));
}

std::shared_ptr<arrow::Array> Column::structs(TimeUnit unit) const {
  arrow::ArrayVector children;
  for (const NamedType &child : type_.children)
    children.push_back(members_[*find_member(child.name)].array(unit));
  return std::make_shared<arrow::StructArray>(arrow_type(type_, unit), static_cast<std::int64_t>(rows()),
                                              std::move(children), validity(kinds_, JETCAPTURE_STRUCT));
}

std::shared_ptr<arrow::Array> Column::texts(TimeUnit unit) const {
  const bool all_as_they_are = std::all_of(
      kinds_.begin(), kinds_.end(), [&](std::int8_t kind) { return kind == JETCAPTURE_NULL || kind == type_.kind; });
  arrow::StringBuilder builder;
  check(builder.Reserve(static_cast<std::int64_t>(rows())));
  check(builder.ReserveData(static_cast<std::int64_t>(text_.size())));
  Reader reader(*this);
  Scratch scratch;
  for (std::size_t i = 0; i < rows(); i++) {
    if (kinds_[i] == JETCAPTURE_NULL) {
      builder.UnsafeAppendNull();
      reader.next();
    } else if (all_as_they_are) {
      builder.UnsafeAppend(reader.next().text);
    } else {
      scratch.clear();
      reader.put_next(scratch.out(), false);
      check(builder.Append(scratch.text()));
    }
  }
  const auto array = finished(builder);
  const auto type = arrow_type(type_, unit);
  return type->id() == arrow::Type::EXTENSION ? arrow::ExtensionType::WrapArray(type, array) : array;
}

std::shared_ptr<arrow::Array> Column::array(TimeUnit unit, std::size_t first_row, std::size_t count) const {
  if (waits_as_json_)
    return parsed(first_row, count).array(unit);
  return array(unit)->Slice(static_cast<std::int64_t>(first_row), static_cast<std::int64_t>(count));
}

std::shared_ptr<arrow::Array> Column::array(TimeUnit unit) const {
  if (waits_as_json_)
    return parsed(0, rows()).array(unit);
  // append(value) appends a value that is no null.
  const auto fill = [&](auto &&builder, auto append) {
    check(builder.Reserve(static_cast<std::int64_t>(rows())));
    Reader reader(*this);
    for (std::size_t i = 0; i < rows(); i++) {
      const Held value = reader.next();
      if (value.kind == JETCAPTURE_NULL)
        builder.UnsafeAppendNull();
      else
        append(builder, value);
    }
    return finished(builder);
  };
  switch (type_.kind) {
  case JETCAPTURE_FLAG:
    return fill(arrow::BooleanBuilder(), [](auto &to, const Held &value) { to.UnsafeAppend(value.bits != 0); });
  case JETCAPTURE_INTEGER:
    return fill(arrow::Int64Builder(), [](auto &to, const Held &value) { to.UnsafeAppend(value.integer()); });
  case JETCAPTURE_UNSIGNED:
    return fill(arrow::UInt64Builder(), [](auto &to, const Held &value) { to.UnsafeAppend(value.bits); });
  case JETCAPTURE_NUMBER:
    return fill(arrow::DoubleBuilder(), [](auto &to, const Held &value) { to.UnsafeAppend(as_double(value)); });
  case JETCAPTURE_DECIMAL:
    return fill(arrow::Decimal128Builder(arrow_type(type_, unit)),
                [&](auto &to, const Held &value) { to.UnsafeAppend(as_decimal(value, type_.scale)); });
  case JETCAPTURE_TIMESTAMP:
    return fill(arrow::TimestampBuilder(arrow_type(type_, unit), arrow::default_memory_pool()),
                [&](auto &to, const Held &value) { to.UnsafeAppend(in_unit(value.integer(), unit)); });
  case JETCAPTURE_DATE:
    return fill(arrow::Date32Builder(),
                [](auto &to, const Held &value) { to.UnsafeAppend(static_cast<std::int32_t>(value.integer())); });
  case JETCAPTURE_BYTES: {
    arrow::BinaryBuilder builder;
    check(builder.ReserveData(static_cast<std::int64_t>(text_.size())));
    return fill(builder, [](auto &to, const Held &value) { to.UnsafeAppend(value.text); });
  }
  case JETCAPTURE_LIST:
    return lists(unit);
  case JETCAPTURE_STRUCT:
    return structs(unit);
  default:
    return texts(unit);
  }
}

} // namespace jetcapture::plugins
