#include "protobuf/scalar.hpp"

#include "text/utf8.hpp"

#include <google/protobuf/descriptor.h>

#include <string>

namespace jetcapture::protobuf {

namespace {

using common::Type;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

jetcapture_value enum_value(int number, const FieldDescriptor &field, std::int32_t kind, ValueArena &arena) {
  if (kind == JETCAPTURE_INTEGER)
    return jetcapture_integer(number);
  if (const auto *const known = field.enum_type()->FindValueByNumber(number))
    return jetcapture_text_value(JETCAPTURE_TEXT, text(known->name()));
  plugins::Scratch &digits = arena.text();
  digits.out().put(std::to_string(number));
  return jetcapture_text_value(JETCAPTURE_TEXT, text(digits.text()));
}

} // namespace

std::vector<Type> types_of(const FieldDescriptor &field, const Spelling &spelling) {
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

std::int32_t usual_kind(const FieldDescriptor &field, const Spelling &spelling) {
  if (field.type() == FieldDescriptor::TYPE_BYTES)
    return JETCAPTURE_BYTES;
  const std::vector<Type> possible = types_of(field, spelling);
  return possible.empty() ? std::int32_t{JETCAPTURE_NULL} : common::kind_of(possible.front());
}

jetcapture_value scalar_value(const Message &holder, const FieldDescriptor &field, int index, std::int32_t kind,
                              ValueArena &arena) {
  const Reflection &reflection = *holder.GetReflection();
  const auto get = [&](auto single, auto repeated) {
    return index < 0 ? (reflection.*single)(holder, &field) : (reflection.*repeated)(holder, &field, index);
  };
  const auto number = [&](auto value, auto make) {
    return kind == JETCAPTURE_NUMBER ? jetcapture_number(static_cast<double>(value)) : make(value);
  };
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return number(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32), jetcapture_integer);
  case FieldDescriptor::CPPTYPE_INT64:
    return number(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64), jetcapture_integer);
  case FieldDescriptor::CPPTYPE_UINT32:
    return number(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32), jetcapture_unsigned);
  case FieldDescriptor::CPPTYPE_UINT64:
    return number(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64), jetcapture_unsigned);
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return jetcapture_number(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
  case FieldDescriptor::CPPTYPE_FLOAT:
    return jetcapture_number(static_cast<double>(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat)));
  case FieldDescriptor::CPPTYPE_BOOL:
    return jetcapture_flag(get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? 1 : 0);
  case FieldDescriptor::CPPTYPE_ENUM:
    return enum_value(get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue), field, kind, arena);
  case FieldDescriptor::CPPTYPE_STRING: {
    const std::string &bytes = index < 0 ? reflection.GetStringReference(holder, &field, &arena.spare())
                                         : reflection.GetRepeatedStringReference(holder, &field, index, &arena.spare());
    if (kind == JETCAPTURE_TEXT && !plugins::is_utf8(bytes))
      throw BadData("field " + field.full_name() + ": its text is not UTF-8");
    return jetcapture_text_value(kind, text(bytes));
  }
  case FieldDescriptor::CPPTYPE_MESSAGE:
    break;
  }
  const Message &inner =
      index < 0 ? reflection.GetMessage(holder, &field) : reflection.GetRepeatedMessage(holder, &field, index);
  if (kind == JETCAPTURE_TIMESTAMP)
    return jetcapture_timestamp(nanoseconds_of(inner));
  plugins::Scratch &duration = arena.text();
  put_duration(duration.out(), inner);
  return jetcapture_text_value(JETCAPTURE_TEXT, text(duration.text()));
}

jetcapture_value json_value(const Message &holder, const FieldDescriptor &field, const Spelling &spelling,
                            ValueArena &arena) {
  plugins::Scratch &written = arena.text();
  put_field(written.out(), holder, field, spelling);
  return jetcapture_text_value(JETCAPTURE_JSON, text(written.text()));
}

} // namespace jetcapture::protobuf
