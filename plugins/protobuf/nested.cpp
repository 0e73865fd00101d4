#include "protobuf/nested.hpp"

#include "protobuf/scalar.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>

namespace jetcapture::protobuf {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool is_free_form(const Descriptor &type) {
  return type.well_known_type() == Descriptor::WELLKNOWNTYPE_STRUCT ||
         type.well_known_type() == Descriptor::WELLKNOWNTYPE_VALUE ||
         type.well_known_type() == Descriptor::WELLKNOWNTYPE_LISTVALUE;
}

} // namespace

struct Nested::Growth {
  const Spelling &spelling;
  int columns = 0;
  std::vector<const Descriptor *> inside; // the messages around the field

  bool can_be_struct(const Descriptor &type) const {
    return type.field_count() > 0 && !is_free_form(type) &&
           std::find(inside.begin(), inside.end(), &type) == inside.end();
  }
};

std::unique_ptr<Nested> Nested::of(const FieldDescriptor &field, const Spelling &spelling) {
  Growth growth{spelling, 0, {field.containing_type()}};
  std::unique_ptr<Nested> tree(new Nested(field, false, growth, 1));
  const bool is_nested = tree->kind_ == JETCAPTURE_LIST || tree->kind_ == JETCAPTURE_STRUCT;
  return is_nested && growth.columns <= most_columns ? std::move(tree) : nullptr;
}

Nested::Nested(const FieldDescriptor &field, bool is_element, Growth &growth, int level)
    : field_(field), spelling_(growth.spelling) {
  growth.columns++;
  const Descriptor *const type = field.message_type();
  const bool is_single = is_element || !field.is_repeated();
  const bool wraps = type != nullptr && is_wrapper(*type);
  kind_ = usual_kind(wraps ? *type->field(0) : field, growth.spelling);
  if (kind_ == JETCAPTURE_NULL)
    kind_ = growth.can_be_struct(*type) ? JETCAPTURE_STRUCT : JETCAPTURE_JSON;
  // A list, a struct in it and its fields have to be within the levels that there are. Without room for them, and once
  // the tree is too large, nothing is gone into.
  const bool has_room = level + 2 <= JETCAPTURE_MOST_NESTING && growth.columns <= most_columns;
  if (kind_ == JETCAPTURE_STRUCT && !has_room)
    kind_ = JETCAPTURE_JSON;
  if (!is_single && kind_ != JETCAPTURE_JSON) {
    kind_ = JETCAPTURE_LIST;
    add(field, true, growth, level + 1);
  } else if (kind_ == JETCAPTURE_STRUCT) {
    growth.inside.push_back(type);
    for (int i = 0; i < type->field_count(); i++)
      add(*type->field(i), false, growth, level + 1);
    growth.inside.pop_back();
  }
  name_ = is_element ? "item" : growth.spelling.name_of(field);
  column_ = {sizeof(jetcapture_column),
             kind_,
             text(name_),
             columns_.empty() ? nullptr : columns_.data(),
             static_cast<std::uint32_t>(columns_.size()),
             0};
}

void Nested::add(const FieldDescriptor &field, bool is_element, Growth &growth, int level) {
  children_.push_back(std::unique_ptr<Nested>(new Nested(field, is_element, growth, level)));
  columns_.push_back(&children_.back()->column_);
}

jetcapture_value Nested::value(const Message &holder, int index, ValueArena &arena) const {
  const Reflection &reflection = *holder.GetReflection();
  const auto message = [&]() -> const Message & {
    return index < 0 ? reflection.GetMessage(holder, &field_) : reflection.GetRepeatedMessage(holder, &field_, index);
  };
  switch (kind_) {
  case JETCAPTURE_JSON:
    return json_value(holder, field_, spelling_, arena);
  case JETCAPTURE_LIST:
    return list(holder, arena);
  case JETCAPTURE_STRUCT:
    return structure(message(), arena);
  default:
    if (field_.message_type() != nullptr && is_wrapper(*field_.message_type()))
      return scalar_value(message(), *field_.message_type()->field(0), -1, kind_, arena);
    return scalar_value(holder, field_, index, kind_, arena);
  }
}

jetcapture_value Nested::list(const Message &holder, ValueArena &arena) const {
  const Nested &element = *children_.front();
  if (field_.is_map()) {
    const std::vector<const Message *> entries = map_entries(holder, field_);
    jetcapture_value *const values = arena.values(entries.size());
    for (std::size_t i = 0; i < entries.size(); i++)
      values[i] = element.structure(*entries[i], arena);
    return jetcapture_children(JETCAPTURE_LIST, values, entries.size());
  }
  const int count = holder.GetReflection()->FieldSize(holder, &field_);
  jetcapture_value *const values = arena.values(static_cast<std::size_t>(count));
  for (int i = 0; i < count; i++)
    values[i] = element.value(holder, i, arena);
  return jetcapture_children(JETCAPTURE_LIST, values, static_cast<std::uint64_t>(count));
}

jetcapture_value Nested::structure(const Message &message, ValueArena &arena) const {
  jetcapture_value *const values = arena.values(children_.size());
  // An entry of a map always has its key and its value.
  const bool is_entry = field_.is_map();
  for (std::size_t i = 0; i < children_.size(); i++) {
    const Nested &child = *children_[i];
    if (is_entry || !child.field_.has_presence() || message.GetReflection()->HasField(message, &child.field_))
      values[i] = child.value_of(message, arena);
  }
  return jetcapture_children(JETCAPTURE_STRUCT, values, children_.size());
}

} // namespace jetcapture::protobuf
