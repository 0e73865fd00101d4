// A column of the rows that are not yet in the file, and below it those of its elements or members: a tree.
//
// Values wait as they came, each with its own kind, so that the column's type can be settled when all are known, and so
// that the last ones can be taken back.
#pragma once

#include "parquet/json_shape.hpp"
#include "parquet/type.hpp"
#include "parquet/widening.hpp"
#include "text/json_document.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrow {
class Array;
} // namespace arrow

namespace jetcapture::plugins {

// Where the values of a schema's column go: to which member of the column above it, and so on below.
struct Place {
  static constexpr std::uint32_t none = UINT32_MAX; // the settled columns have none for it

  std::uint32_t member = none;
  std::vector<Place> children;
};

class Column {
public:
  explicit Column(std::string name) : name_(std::move(name)) {}

  const std::string &name() const { return name_; }

  // The tree below. element(): of lists; it is made by the first call. add_member(): of structs, at the end.
  Column &element();
  const std::vector<Column> &members() const { return members_; }
  Column &member(std::uint32_t index) { return members_[index]; }
  std::optional<std::uint32_t> find_member(std::string_view name) const;
  std::uint32_t add_member(std::string name);

  // A schema says that its values are of that kind.
  void announce(std::int32_t kind) { announced_ |= kind_bit(kind); }

  std::size_t rows() const { return kinds_.size(); }
  // A value of a schema's column whose children are at these places. Returns the bytes that it takes beside
  // bytes_a_row.
  std::uint64_t append(const jetcapture_value &value, const std::vector<Place> &children);
  static constexpr std::uint64_t bytes_a_row = sizeof(std::int8_t) + sizeof(std::uint64_t);
  // Makes this column that long, with nulls, and its members as long as it is.
  void complete(std::size_t rows);
  // Forgets the rows. The tree stays.
  void clear();

  // rollback() returns to the rows and the tree of the last mark(); before the first one, and after clear(), to no
  // rows.
  void mark();
  void rollback();

  // Fixes the type: the first one from that of earlier files upwards that holds all values. The tree then has all
  // children of the type, except below JSON that becomes lists and structs: it waits as text until it is written.
  void settle(const Type &from, NestedJson nested);
  // Once settled. document: any, to parse JSON with.
  const Type &type() const { return type_; }
  bool fits(const jetcapture_value &value, const std::vector<Place> &children, JsonDocument &document) const;
  // Appends, for each leaf of the file, whether there is a NaN among the rows. Once settled; a leaf without any refuses
  // NaN from then on: readers take the least and the greatest value of a chunk at its word, and NaN is in neither.
  void find_nan(std::vector<bool> &leaves) const;
  // How many values its JSON becomes at most, nulls in structs included; 0: it stays as it is.
  std::uint64_t values_in_json() const;

  // The values of those rows in a column of the file. It is settled and complete.
  std::shared_ptr<arrow::Array> array(TimeUnit unit, std::size_t first_row, std::size_t count) const;

private:
  class Reader;

  bool has_nan() const;
  Type widened_from(const Type &from, NestedJson nested) const;
  Type json_type_from(const Type &from) const;
  void adopt(const Type &type);
  void grow(const Type &type, void (Column::*below)(const Type &));
  void append_nulls(std::size_t count);
  // take(held); what has children comes without them.
  template <class Take>
  void each_row(Take take) const;
  // A column whose tree is that of the type, and for each of these rows what is in its JSON.
  Column parsed(std::size_t first_row, std::size_t count) const;
  void make_tree(const Type &type);
  void append_json(const JsonValue &value, std::string &spare);
  void append_elements(const JsonValue &array, std::string &spare);
  void append_members(const JsonValue &object, std::string &spare);
  std::shared_ptr<arrow::Array> array(TimeUnit unit) const;
  std::shared_ptr<arrow::Array> lists(TimeUnit unit) const;
  std::shared_ptr<arrow::Array> structs(TimeUnit unit) const;
  std::shared_ptr<arrow::Array> texts(TimeUnit unit) const;

  // What each value touches stands first.
  std::vector<std::int8_t> kinds_;
  std::vector<std::uint64_t> numbers_; // the bits of a number; where a text ends in text_, or a list in the element
  std::string text_;
  std::size_t marked_rows_ = 0;
  std::size_t marked_text_ = 0;
  std::size_t marked_members_ = 0;
  std::uint32_t marked_announced_ = 0;
  std::uint32_t announced_ = 0; // bits of kinds
  std::unique_ptr<Column> element_;
  std::vector<Column> members_; // as long as this, or shorter: the rest is null
  Type type_;
  bool refuses_nan_ = false;
  bool waits_as_json_ = false; // settled as a list or a struct, and the rows are JSON text
  std::string name_;
};

template <class Take>
void Column::each_row(Take take) const {
  std::size_t text_at = 0;
  for (std::size_t i = 0; i < kinds_.size(); i++) {
    Held held(kinds_[i], numbers_[i], {});
    if (has_text(held.kind)) {
      held.text = std::string_view(text_).substr(text_at, numbers_[i] - text_at);
      text_at = numbers_[i];
    }
    take(held);
  }
}

} // namespace jetcapture::plugins
