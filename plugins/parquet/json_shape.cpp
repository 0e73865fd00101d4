#include "parquet/json_shape.hpp"

#include "text/json_number.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace jetcapture::plugins {

namespace {

constexpr std::uint32_t kinds_of_json = nested_kinds | kind_bit(JETCAPTURE_JSON);

jetcapture_value number_of(std::string_view token) {
  jetcapture_value number{};
  JsonNumber(token).put_into(number);
  return number;
}

const Type &element_of(const Type &list) {
  static const Type unknown;
  return list.children.empty() ? unknown : list.children.front().type;
}

} // namespace

struct JsonShape::Member {
  Member(std::string its_name, bool measured) : name(std::move(its_name)), shape(measured) {}
  std::string name;
  JsonShape shape;
  std::uint64_t latest_object = 0; // the last one that has it
};

JsonShape::JsonShape(bool measured) : measured_(measured) {}
JsonShape::~JsonShape() = default;
JsonShape::JsonShape(JsonShape &&) noexcept = default;
JsonShape &JsonShape::operator=(JsonShape &&) noexcept = default;

void JsonShape::add(const JsonValue &value, int level) {
  switch (value.kind()) {
  case JsonKind::null:
    return;
  case JsonKind::flag:
    facts_.kinds |= kind_bit(JETCAPTURE_FLAG);
    return;
  case JsonKind::number:
    return add_number(value.token());
  case JsonKind::text: {
    std::string spare;
    facts_.kinds |= kind_bit(value.text(spare) ? JETCAPTURE_TEXT : JETCAPTURE_JSON);
    return;
  }
  case JsonKind::array:
  case JsonKind::object:
    break;
  }
  if (level >= JETCAPTURE_MOST_NESTING)
    facts_.kinds |= kind_bit(JETCAPTURE_JSON);
  if (is_json())
    return;
  if (value.kind() == JsonKind::object)
    return add_members(value, level);
  facts_.kinds |= kind_bit(JETCAPTURE_LIST);
  if (element_ == nullptr)
    element_ = std::make_unique<JsonShape>(measured_);
  for (JsonElements elements(value); elements.next();)
    element_->add(elements.value(), level + 1);
}

void JsonShape::add_number(std::string_view token) {
  const Held number(number_of(token));
  facts_.add(number);
  if (!measured_)
    return;
  if (const std::optional<DecimalSize> size = decimal_size(number))
    digits_.add(*size);
}

void JsonShape::add_members(const JsonValue &object, int level) {
  facts_.kinds |= kind_bit(JETCAPTURE_STRUCT);
  objects_++;
  std::string spare;
  std::size_t expected = 0;
  for (JsonMembers members(object); members.next();) {
    Member *const found = member(name_of_member(members, spare), expected);
    if (found == nullptr || found->latest_object == objects_) {
      facts_.kinds |= kind_bit(JETCAPTURE_JSON);
      return;
    }
    found->latest_object = objects_;
    found->shape.add(members.value(), level + 1);
  }
}

JsonShape::Member *JsonShape::member(std::string_view name, std::size_t &expected) {
  std::size_t at = expected;
  if (at >= members_.size() || members_[at].name != name)
    at = static_cast<std::size_t>(
        std::find_if(members_.begin(), members_.end(), [&](const Member &one) { return one.name == name; }) -
        members_.begin());
  if (at == members_.size()) {
    if (at == most_members)
      return nullptr;
    members_.emplace_back(std::string(name), measured_);
  }
  expected = at + 1;
  return &members_[at];
}

std::optional<Type> JsonShape::widened_from(const Type &from) const {
  const std::uint32_t kinds = facts_.kinds | (from.kind == JETCAPTURE_NULL ? 0 : kind_bit(from.kind));
  if ((kinds & kinds_of_json) == 0) {
    bool missed = false;
    const Type type = widened(from, facts_, [&] {
      missed = !measured_;
      return digits_;
    });
    return missed ? std::nullopt : std::optional(type);
  }
  if ((kinds & ~kinds_of_json) != 0)
    return JETCAPTURE_TEXT;
  return kinds == kind_bit(JETCAPTURE_LIST)     ? list_from(from)
         : kinds == kind_bit(JETCAPTURE_STRUCT) ? struct_from(from)
                                                : JETCAPTURE_JSON;
}

std::optional<Type> JsonShape::list_from(const Type &from) const {
  std::optional<Type> element = element_ == nullptr ? element_of(from) : element_->widened_from(element_of(from));
  if (!element)
    return std::nullopt;
  Type list(JETCAPTURE_LIST);
  list.children.push_back({"item", std::move(*element)});
  return list;
}

std::optional<Type> JsonShape::struct_from(const Type &from) const {
  Type type = from;
  type.kind = JETCAPTURE_STRUCT;
  for (const Member &member : members_) {
    auto child = std::find_if(type.children.begin(), type.children.end(),
                              [&](const NamedType &one) { return one.name == member.name; });
    if (child == type.children.end())
      child = type.children.insert(child, {member.name, {}});
    std::optional<Type> widened = member.shape.widened_from(child->type);
    if (!widened)
      return std::nullopt;
    child->type = std::move(*widened);
  }
  const bool is_struct =
      !type.children.empty() && type.children.size() <= most_members && count_leaves(type) <= most_leaves;
  return is_struct ? type : Type(JETCAPTURE_JSON);
}

namespace {

bool members_fit(const Type &type, const JsonValue &object) {
  std::vector<bool> seen(type.children.size());
  std::string spare;
  std::size_t expected = 0;
  for (JsonMembers members(object); members.next();) {
    const std::string_view name = name_of_member(members, spare);
    std::size_t at = expected;
    if (at >= type.children.size() || type.children[at].name != name)
      at = static_cast<std::size_t>(std::find_if(type.children.begin(), type.children.end(),
                                                 [&](const NamedType &one) { return one.name == name; }) -
                                    type.children.begin());
    if (at == type.children.size()) {
      if (members.value().kind() != JsonKind::null)
        return false;
      continue;
    }
    if (seen[at] || !json_fits(type.children[at].type, members.value()))
      return false;
    seen[at] = true;
    expected = at + 1;
  }
  return true;
}

bool elements_fit(const Type &element, const JsonValue &array) {
  for (JsonElements elements(array); elements.next();)
    if (!json_fits(element, elements.value()))
      return false;
  return true;
}

} // namespace

bool json_fits(const Type &type, const JsonValue &value) {
  if (type.kind == JETCAPTURE_TEXT)
    return true;
  switch (value.kind()) {
  case JsonKind::object:
    return type.kind == JETCAPTURE_JSON || (type.kind == JETCAPTURE_STRUCT && members_fit(type, value));
  case JsonKind::array:
    return type.kind == JETCAPTURE_JSON || (type.kind == JETCAPTURE_LIST && elements_fit(element_of(type), value));
  case JsonKind::number:
    return (kind_bit(type.kind) & kinds_of_json) == 0 && holds(type, Held(number_of(value.token())));
  case JsonKind::flag:
    return type.kind == JETCAPTURE_FLAG;
  case JsonKind::text: {
    std::string spare;
    return type.kind == JETCAPTURE_JSON && !value.text(spare);
  }
  case JsonKind::null:
    break;
  }
  return true;
}

std::string_view name_of_member(const JsonMembers &at, std::string &spare) {
  const std::optional<std::string_view> name = at.name(spare);
  if (!name)
    return at.written_name();
  return name->empty() ? std::string_view("_") : *name;
}

} // namespace jetcapture::plugins
