#include "parquet/column.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <cmath>

namespace jetcapture::plugins {

Column &Column::element() {
  if (element_ == nullptr)
    element_ = std::make_unique<Column>("item");
  return *element_;
}

std::optional<std::uint32_t> Column::find_member(std::string_view name) const {
  for (std::uint32_t i = 0; i < members_.size(); i++)
    if (members_[i].name_ == name)
      return i;
  return std::nullopt;
}

std::uint32_t Column::add_member(std::string name) {
  members_.emplace_back(std::move(name));
  return static_cast<std::uint32_t>(members_.size() - 1);
}

std::uint64_t Column::append(const jetcapture_value &value, const std::vector<Place> &children) {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  if (has_text(value.kind)) {
    text_ += view(value.as.text);
    number = text_.size();
    bytes = value.as.text.size;
  } else if (value.kind == JETCAPTURE_LIST) {
    for (std::uint64_t i = 0; i < value.as.children.count; i++)
      bytes += bytes_a_row + element_->append(value.as.children.values[i], children.front().children);
    number = element_->rows();
  } else if (value.kind == JETCAPTURE_STRUCT) {
    for (std::uint64_t i = 0; i < value.as.children.count; i++) {
      const jetcapture_value &child = value.as.children.values[i];
      bytes += bytes_a_row;
      if (child.kind == JETCAPTURE_NULL)
        continue;
      Column &to = members_[children[i].member];
      if (to.rows() < rows())
        to.append_nulls(rows() - to.rows());
      bytes += to.append(child, children[i].children);
    }
  } else {
    number = Held(value).bits;
  }
  numbers_.push_back(number);
  kinds_.push_back(static_cast<std::int8_t>(value.kind));
  return bytes;
}

void Column::append_nulls(std::size_t count) {
  // The end of a list that is null is where the one before ended.
  numbers_.resize(kinds_.size() + count);
  kinds_.resize(kinds_.size() + count, JETCAPTURE_NULL);
}

void Column::complete(std::size_t rows_wanted) {
  append_nulls(rows_wanted - rows());
  if (element_ != nullptr)
    element_->complete(element_->rows());
  for (Column &member : members_)
    member.complete(rows());
}

void Column::clear() {
  kinds_ = {};
  numbers_ = {};
  text_ = {};
  if (element_ != nullptr)
    element_->clear();
  for (Column &member : members_)
    member.clear();
  marked_rows_ = marked_text_ = 0;
}

void Column::mark() {
  marked_announced_ = announced_;
  marked_rows_ = rows();
  marked_text_ = text_.size();
  marked_members_ = members_.size();
  if (element_ != nullptr)
    element_->mark();
  for (Column &member : members_)
    member.mark();
}

void Column::rollback() {
  announced_ = marked_announced_;
  kinds_.resize(std::min(marked_rows_, kinds_.size()));
  numbers_.resize(kinds_.size());
  text_.resize(std::min(marked_text_, text_.size()));
  if (element_ != nullptr)
    element_->rollback();
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(std::min(marked_members_, members_.size())),
                 members_.end());
  for (Column &member : members_)
    member.rollback();
}

void Column::settle(const Type &from, NestedJson nested) {
  adopt(widened_from(from, nested));
}

// What decoders give as lists and structs they announce.
void Column::adopt(const Type &type) {
  const bool is_nested = (kind_bit(type.kind) & nested_kinds) != 0;
  waits_as_json_ = is_nested && (announced_ & nested_kinds) == 0;
  if (waits_as_json_)
    type_ = type;
  else
    grow(type, &Column::adopt);
}

void Column::grow(const Type &type, void (Column::*below)(const Type &)) {
  type_ = type;
  refuses_nan_ = type.kind == JETCAPTURE_NUMBER && !has_nan();
  if (type.kind == JETCAPTURE_LIST)
    (element().*below)(type.children.front().type);
  if (type.kind != JETCAPTURE_STRUCT)
    return;
  for (const NamedType &child : type.children) {
    const std::optional<std::uint32_t> found = find_member(child.name);
    (members_[found ? *found : add_member(child.name)].*below)(child.type);
  }
}

bool Column::has_nan() const {
  for (std::size_t i = 0; i < kinds_.size(); i++)
    if (kinds_[i] == JETCAPTURE_NUMBER && std::isnan(std::bit_cast<double>(numbers_[i])))
      return true;
  return false;
}

void Column::find_nan(std::vector<bool> &leaves) const {
  if (waits_as_json_) // JSON has none
    leaves.insert(leaves.end(), count_leaves(type_), false);
  else if (type_.kind == JETCAPTURE_LIST)
    element_->find_nan(leaves);
  else if (type_.kind == JETCAPTURE_STRUCT)
    for (const NamedType &child : type_.children)
      members_[*find_member(child.name)].find_nan(leaves);
  else
    leaves.push_back(type_.kind == JETCAPTURE_NUMBER && has_nan());
}

Type Column::widened_from(const Type &from, NestedJson nested) const {
  Facts facts;
  facts.kinds = announced_ & ~kind_bit(JETCAPTURE_NULL);
  each_row([&](const Held &held) { facts.add(held); });
  if (nested == NestedJson::structs && facts.kinds == kind_bit(JETCAPTURE_JSON) &&
      (announced_ & kind_bit(JETCAPTURE_JSON)) == 0)
    return json_type_from(from);
  const std::uint32_t kinds = facts.kinds | (from.kind == JETCAPTURE_NULL ? 0 : kind_bit(from.kind));
  if ((kinds & nested_kinds) == 0)
    return widened(from, facts, [&] {
      std::optional<DecimalSize> all = DecimalSize{};
      each_row([&](const Held &held) {
        if (held.kind == JETCAPTURE_NULL || !all)
          return;
        const std::optional<DecimalSize> size = decimal_size(held);
        size ? all->add(*size) : all.reset();
      });
      return all;
    });
  if (!std::has_single_bit(kinds))
    return JETCAPTURE_TEXT;
  Type type = from;
  type.kind = std::countr_zero(kinds);
  if (type.kind == JETCAPTURE_LIST) {
    if (type.children.empty())
      type.children.push_back({"item", {}});
    if (element_ != nullptr)
      type.children.front().type = element_->widened_from(type.children.front().type, nested);
    return type;
  }
  for (const Column &member : members_) {
    auto child = std::find_if(type.children.begin(), type.children.end(),
                              [&](const NamedType &one) { return one.name == member.name_; });
    if (child == type.children.end())
      child = type.children.insert(child, {member.name_, {}});
    child->type = member.widened_from(child->type, nested);
  }
  return type;
}

bool Column::fits(const jetcapture_value &value, const std::vector<Place> &children, JsonDocument &document) const {
  if (value.kind == JETCAPTURE_NULL || type_.kind == JETCAPTURE_TEXT)
    return true;
  if (waits_as_json_)
    return value.kind == JETCAPTURE_JSON && document.parse(view(value.as.text)).empty() &&
           document.root().kind() != JsonKind::null && json_fits(type_, document.root());
  if (refuses_nan_ && value.kind == JETCAPTURE_NUMBER && std::isnan(value.as.number))
    return false;
  if ((kind_bit(value.kind) & nested_kinds) == 0)
    return (kind_bit(type_.kind) & nested_kinds) == 0 && holds(type_, Held(value));
  if (value.kind != type_.kind)
    return false;
  for (std::uint64_t i = 0; i < value.as.children.count; i++) {
    const jetcapture_value &child = value.as.children.values[i];
    if (child.kind == JETCAPTURE_NULL)
      continue;
    const bool is_list = value.kind == JETCAPTURE_LIST;
    const Place &place = children[is_list ? 0 : i];
    if (!is_list && place.member == Place::none)
      return false;
    const Column &below = is_list ? *element_ : members_[place.member];
    if (!below.fits(child, place.children, document))
      return false;
  }
  return true;
}

} // namespace jetcapture::plugins
