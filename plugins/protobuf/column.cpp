#include "protobuf/column.hpp"

#include "common/chosen_field.hpp"
#include "protobuf/scalar.hpp"

#include <google/protobuf/descriptor.h>

namespace jetcapture::protobuf {

namespace {

using common::Type;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor *field_named(const Descriptor &type, const std::string &name) {
  if (const FieldDescriptor *const found = type.FindFieldByName(name))
    return found;
  for (int i = 0; i < type.field_count(); i++)
    if (type.field(i)->json_name() == name)
      return type.field(i);
  return nullptr;
}

std::string fields_of(const Descriptor &type) {
  constexpr int most = 20;
  std::string list;
  for (int i = 0; i < type.field_count() && i < most; i++)
    list += (i == 0 ? "" : ", ") + type.field(i)->name();
  if (type.field_count() > most)
    list += " and " + std::to_string(type.field_count() - most) + " more";
  return list.empty() ? "no fields" : list;
}

std::string type_name_of(const FieldDescriptor &field) {
  if (field.is_map())
    return "a map";
  std::string name = field.is_repeated() ? "repeated " : "";
  if (field.message_type() != nullptr)
    return name + field.message_type()->full_name();
  return name + (field.enum_type() != nullptr ? field.enum_type()->full_name() : std::string(field.type_name()));
}

} // namespace

Column::Column(const Descriptor &type, const std::string &pointer, Type wanted, const Spelling &spelling,
               Nesting nesting, const char *option)
    : spelling_(spelling) {
  const Descriptor *inside = &type;
  const std::string where = std::string("the option ") + option + " has " + pointer + ", and ";
  for (const std::string &token : common::pointer_tokens(pointer)) {
    if (field_ != nullptr && (field_->is_repeated() || inside == nullptr))
      throw Misconfigured(where + field_->name() + " is " + type_name_of(*field_) +
                          ", into which no pointer goes: a column takes it whole");
    field_ = field_named(*inside, token);
    if (field_ == nullptr)
      throw Misconfigured(where + inside->full_name() + " has no field " + token + ": it has " + fields_of(*inside));
    steps_.push_back(field_);
    inside = field_->message_type();
  }
  if (field_ == nullptr)
    throw Misconfigured(std::string("the option ") + option + " has an empty pointer: name a field, like /" +
                        (type.field_count() > 0 ? type.field(0)->name() : "region"));
  name_ = spelling_.name_of(*field_);
  if (!field_->is_repeated() && inside != nullptr && is_wrapper(*inside)) {
    field_ = inside->field(0);
    steps_.push_back(field_);
  }
  if (wanted == Type::text && field_->cpp_type() == FieldDescriptor::CPPTYPE_ENUM)
    spelling_.enum_numbers = false;
  if (wanted == Type::automatic && nesting == Nesting::structs)
    nested_ = Nested::of(*field_, spelling_);
  kind_ = nested_ != nullptr ? nested_->column().kind : kind_for(wanted);
  if (kind_ == JETCAPTURE_NULL) {
    std::string known;
    for (const Type possible : possible_types())
      known += std::string(common::option_name(possible)) + " or ";
    throw Misconfigured(where + name_ + " is " + type_name_of(*field_) + ": its type can be " + known + "json");
  }
}

std::vector<Type> Column::possible_types() const {
  return field_->is_repeated() ? std::vector<Type>() : types_of(*field_, spelling_);
}

// JETCAPTURE_NULL: it can't be that.
std::int32_t Column::kind_for(Type wanted) const {
  const std::vector<Type> possible = possible_types();
  if (wanted == Type::automatic && !possible.empty())
    return usual_kind(*field_, spelling_);
  for (const Type type : possible)
    if (type == wanted)
      return common::kind_of(type);
  return wanted == Type::json || wanted == Type::automatic ? JETCAPTURE_JSON : JETCAPTURE_NULL;
}

jetcapture_column Column::column() const {
  jetcapture_column column = nested_ != nullptr ? nested_->column() : jetcapture_column{};
  column.size = sizeof column;
  column.kind = kind_;
  column.name = text(name_);
  return column;
}

jetcapture_value Column::value_of(const Message &message, ValueArena &arena) const {
  const Message *holder = &message;
  for (std::size_t i = 0; i < steps_.size(); i++) {
    if (steps_[i]->has_presence() && !holder->GetReflection()->HasField(*holder, steps_[i]))
      return jetcapture_null();
    if (i + 1 < steps_.size())
      holder = &holder->GetReflection()->GetMessage(*holder, steps_[i]);
  }
  if (nested_ != nullptr)
    return nested_->value_of(*holder, arena);
  if (kind_ == JETCAPTURE_JSON)
    return json_value(*holder, *field_, spelling_, arena);
  return scalar_value(*holder, *field_, -1, kind_, arena);
}

} // namespace jetcapture::protobuf
