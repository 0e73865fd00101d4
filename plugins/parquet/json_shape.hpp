// Which type holds the objects and arrays of a column of JSON: the rule that README.md writes down under "Nested JSON".
#pragma once

#include "parquet/decimal.hpp"
#include "parquet/type.hpp"
#include "parquet/widening.hpp"
#include "text/json_document.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// What becomes of objects and arrays in columns whose type the decoder does not say.
enum class NestedJson { structs, text };

// Above these an object is kept as JSON: its names are keys rather than columns.
constexpr std::size_t most_members = 200;
constexpr std::size_t most_leaves = 1000;

// What JSON values have in them, one on top of the other: their kinds, and below them those of elements and members.
class JsonShape {
public:
  // measured: whether numbers are measured for a decimal, which takes time.
  explicit JsonShape(bool measured);
  ~JsonShape();
  JsonShape(JsonShape &&) noexcept;
  JsonShape &operator=(JsonShape &&) noexcept;

  void add(const JsonValue &value) { add(value, 1); }

  // The first type from `from` upwards that holds all of them. nullopt: to tell, they have to be measured.
  std::optional<Type> widened_from(const Type &from) const;

private:
  struct Member;

  void add(const JsonValue &value, int level);
  void add_number(std::string_view token);
  void add_members(const JsonValue &object, int level);
  // nullptr: there would be too many.
  Member *member(std::string_view name, std::size_t &expected);
  bool is_json() const { return (facts_.kinds & kind_bit(JETCAPTURE_JSON)) != 0; }
  std::optional<Type> list_from(const Type &from) const;
  std::optional<Type> struct_from(const Type &from) const;

  bool measured_;
  Facts facts_;
  DecimalSize digits_;
  std::unique_ptr<JsonShape> element_;
  std::vector<Member> members_;
  std::uint64_t objects_ = 0;
};

// Whether that type holds the value as it is. It stays as it is: a name that it does not have is not held, unless null.
bool json_fits(const Type &type, const JsonValue &value);

// The name of the member of a struct that holds this one. spare: as of JsonMembers::name().
std::string_view name_of_member(const JsonMembers &at, std::string &spare);

} // namespace jetcapture::plugins
