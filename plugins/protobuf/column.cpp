#include "protobuf/column.hpp"

#include "common/chosen_field.hpp"
#include "text/utf8.hpp"

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string_view>

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

// The types that a column of the field can have, the usual one first; json, which all can have, aside.
std::vector<Type> types_of(const FieldDescriptor &field, const Spelling &spelling) {
  if (field.is_repeated())
    return {};
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
  case FieldDescriptor::CPPTYPE_INT64:
    return {Type::integer, Type::number};
  case FieldDescriptor::CPPTYPE_UINT32:
  case FieldDescriptor::CPPTYPE_UINT64:
    return {Type::unsigned_integer, Type::number};
  case FieldDescriptor::CPPTYPE_DOUBLE:
  case FieldDescriptor::CPPTYPE_FLOAT:
    return {Type::number};
  case FieldDescriptor::CPPTYPE_BOOL:
    return {Type::flag};
  case FieldDescriptor::CPPTYPE_ENUM:
    return spelling.enum_numbers ? std::vector{Type::integer, Type::text} : std::vector{Type::text, Type::integer};
  case FieldDescriptor::CPPTYPE_STRING:
    return {Type::text};
  case FieldDescriptor::CPPTYPE_MESSAGE:
    if (field.message_type()->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP)
      return {Type::timestamp};
    if (field.message_type()->well_known_type() == Descriptor::WELLKNOWNTYPE_DURATION)
      return {Type::text};
    return {};
  }
  return {};
}

} // namespace

Column::Column(const Descriptor &type, const std::string &pointer, Type wanted, const Spelling &spelling,
               const char *option)
    : spelling_(spelling), written_(std::make_unique<plugins::Scratch>()) {
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
  kind_ = kind_for(wanted);
  if (kind_ == JETCAPTURE_NULL) {
    std::string known;
    for (const Type possible : types_of(*field_, spelling_))
      known += std::string(common::option_name(possible)) + " or ";
    throw Misconfigured(where + name_ + " is " + type_name_of(*field_) + ": its type can be " + known + "json");
  }
}

// JETCAPTURE_NULL: it can't be that.
std::int32_t Column::kind_for(Type wanted) const {
  const std::vector<Type> possible = types_of(*field_, spelling_);
  if (wanted == Type::automatic && field_->type() == FieldDescriptor::TYPE_BYTES && !field_->is_repeated())
    return JETCAPTURE_BYTES;
  if (wanted == Type::automatic)
    return common::kind_of(possible.empty() ? Type::json : possible.front());
  for (const Type type : possible)
    if (type == wanted)
      return common::kind_of(type);
  return wanted == Type::json ? JETCAPTURE_JSON : JETCAPTURE_NULL;
}

jetcapture_value Column::value_of(const Message &message) {
  const Message *holder = &message;
  for (std::size_t i = 0; i < steps_.size(); i++) {
    if (steps_[i]->has_presence() && !holder->GetReflection()->HasField(*holder, steps_[i]))
      return jetcapture_null();
    if (i + 1 < steps_.size())
      holder = &holder->GetReflection()->GetMessage(*holder, steps_[i]);
  }
  return value_in(*holder);
}

jetcapture_value Column::text_value(const std::string &text_of_it) const {
  if (!plugins::is_utf8(text_of_it))
    throw BadData("field " + field_->full_name() + ": its text is not UTF-8");
  return jetcapture_text_value(JETCAPTURE_TEXT, text(text_of_it));
}

jetcapture_value Column::value_in(const Message &holder) {
  const auto &reflection = *holder.GetReflection();
  if (kind_ == JETCAPTURE_JSON) {
    written_->clear();
    put_field(written_->out(), holder, *field_, spelling_);
    return jetcapture_text_value(JETCAPTURE_JSON, text(written_->text()));
  }
  const auto number = [&](auto value, auto make) {
    return kind_ == JETCAPTURE_NUMBER ? jetcapture_number(static_cast<double>(value)) : make(value);
  };
  switch (field_->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return number(reflection.GetInt32(holder, field_), jetcapture_integer);
  case FieldDescriptor::CPPTYPE_INT64:
    return number(reflection.GetInt64(holder, field_), jetcapture_integer);
  case FieldDescriptor::CPPTYPE_UINT32:
    return number(reflection.GetUInt32(holder, field_), jetcapture_unsigned);
  case FieldDescriptor::CPPTYPE_UINT64:
    return number(reflection.GetUInt64(holder, field_), jetcapture_unsigned);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return jetcapture_number(reflection.GetDouble(holder, field_));
  case FieldDescriptor::CPPTYPE_FLOAT:
    return jetcapture_number(static_cast<double>(reflection.GetFloat(holder, field_)));
  case FieldDescriptor::CPPTYPE_BOOL:
    return jetcapture_flag(reflection.GetBool(holder, field_) ? 1 : 0);
  case FieldDescriptor::CPPTYPE_ENUM: {
    const int value = reflection.GetEnumValue(holder, field_);
    if (kind_ == JETCAPTURE_INTEGER)
      return jetcapture_integer(value);
    if (const auto *const known = field_->enum_type()->FindValueByNumber(value))
      return jetcapture_text_value(JETCAPTURE_TEXT, text(known->name()));
    text_ = std::to_string(value);
    return jetcapture_text_value(JETCAPTURE_TEXT, text(text_));
  }
  case FieldDescriptor::CPPTYPE_STRING: {
    const std::string &bytes = reflection.GetStringReference(holder, field_, &text_);
    return kind_ == JETCAPTURE_BYTES ? jetcapture_text_value(JETCAPTURE_BYTES, text(bytes)) : text_value(bytes);
  }
  case FieldDescriptor::CPPTYPE_MESSAGE:
    break;
  }
  const Message &inner = reflection.GetMessage(holder, field_);
  if (kind_ == JETCAPTURE_TIMESTAMP)
    return jetcapture_timestamp(nanoseconds_of(inner));
  written_->clear();
  put_duration(written_->out(), inner);
  return jetcapture_text_value(JETCAPTURE_TEXT, text(written_->text()));
}

} // namespace jetcapture::protobuf
