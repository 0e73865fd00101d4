// Columns of JSON whose objects and arrays become structs and lists.
#include "jetcapture/plugin.hpp"
#include "parquet/column.hpp"
#include "text/json_number.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

bool has_list(const Type &type) {
  return type.kind == JETCAPTURE_LIST || std::any_of(type.children.begin(), type.children.end(),
                                                     [](const NamedType &child) { return has_list(child.type); });
}

bool is_object_or_array(const JsonValue &value) {
  return value.kind() == JsonKind::object || value.kind() == JsonKind::array;
}

} // namespace

// A text that is no object and no array, which only other decoders than ours give, remains JSON.
Type Column::json_type_from(const Type &from) const {
  if (from.kind == JETCAPTURE_TEXT || from.kind == JETCAPTURE_JSON)
    return from;
  for (const bool measured : {false, true}) {
    JsonShape shape(measured);
    JsonDocument document;
    bool only_nested = true;
    each_row([&](const Held &held) {
      if (held.kind == JETCAPTURE_NULL || !only_nested)
        return;
      only_nested = document.parse(held.text).empty() && is_object_or_array(document.root());
      if (only_nested)
        shape.add(document.root());
    });
    if (!only_nested)
      break;
    if (std::optional<Type> type = shape.widened_from(from))
      return *type;
  }
  const bool was_nested = from.kind == JETCAPTURE_NULL || (kind_bit(from.kind) & nested_kinds) != 0;
  return was_nested ? JETCAPTURE_JSON : JETCAPTURE_TEXT;
}

std::uint64_t Column::values_in_json() const {
  if (!waits_as_json_)
    return 0;
  // In lists there may be many objects in a row, and no more than opening braces.
  const auto objects = has_list(type_) ? std::count(text_.begin(), text_.end(), '{') : 0;
  return (rows() + static_cast<std::uint64_t>(objects)) * count_leaves(type_);
}

Column Column::parsed(std::size_t first_row, std::size_t count) const {
  Column tree(name_);
  tree.make_tree(type_);
  JsonDocument document;
  std::string spare;
  std::size_t row = 0;
  each_row([&](const Held &held) {
    if (row++ < first_row || tree.rows() == count)
      return;
    if (held.kind == JETCAPTURE_NULL) {
      tree.append_nulls(1);
    } else {
      // It was parsed before, when it was looked at.
      static_cast<void>(document.parse(held.text));
      tree.append_json(document.root(), spare);
    }
  });
  tree.complete(count);
  return tree;
}

void Column::make_tree(const Type &type) {
  grow(type, &Column::make_tree);
}

void Column::append_json(const JsonValue &value, std::string &spare) {
  if (type_.kind == JETCAPTURE_LIST)
    return append_elements(value, spare);
  if (type_.kind == JETCAPTURE_STRUCT)
    return append_members(value, spare);
  jetcapture_value leaf{};
  if (type_.kind == JETCAPTURE_TEXT || type_.kind == JETCAPTURE_JSON) {
    const auto characters = value.kind() == JsonKind::text ? value.text(spare) : std::nullopt;
    leaf = jetcapture_text_value(type_.kind, text(characters ? *characters : value.minified(spare)));
  } else if (value.kind() == JsonKind::flag) {
    leaf = jetcapture_flag(value.token() == "true");
  } else {
    JsonNumber(value.token()).put_into(leaf);
  }
  append(leaf, {});
}

void Column::append_elements(const JsonValue &array, std::string &spare) {
  for (JsonElements elements(array); elements.next();) {
    if (elements.value().kind() == JsonKind::null)
      element_->append_nulls(1);
    else
      element_->append_json(elements.value(), spare);
  }
  numbers_.push_back(element_->rows());
  kinds_.push_back(JETCAPTURE_LIST);
}

void Column::append_members(const JsonValue &object, std::string &spare) {
  std::size_t expected = 0;
  for (JsonMembers members(object); members.next();) {
    if (members.value().kind() == JsonKind::null)
      continue;
    const std::string_view name = name_of_member(members, spare);
    const std::size_t at =
        expected < members_.size() && members_[expected].name_ == name ? expected : *find_member(name);
    Column &to = members_[at];
    to.append_nulls(rows() - to.rows());
    to.append_json(members.value(), spare);
    expected = at + 1;
  }
  numbers_.push_back(0);
  kinds_.push_back(JETCAPTURE_STRUCT);
}

} // namespace jetcapture::plugins
