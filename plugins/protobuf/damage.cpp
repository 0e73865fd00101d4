#include "protobuf/damage.hpp"

#include "protobuf/wire.hpp"
#include "text/utf8.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <cstdint>
#include <vector>

namespace jetcapture::protobuf {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int deepest = 100; // as libprotobuf reads
constexpr const char *perhaps_another = "it is damaged, or of another type";

std::string dotted(const std::string &where, const std::string &name) {
  return where.empty() ? name : where + "." + name;
}

// Of the message at `where`; empty: it seems whole.
std::string damage_in(std::string_view rest, const Descriptor &type, const std::string &where, int depth) {
  if (depth > deepest)
    return "it nests deeper than 100 messages";
  while (!rest.empty()) {
    const auto tag = take_varint(rest);
    const std::string inside = where.empty() ? "" : " in field " + where;
    if (!tag)
      return "it is cut short" + inside;
    const std::uint64_t number = *tag >> 3;
    if (number == 0 || number > FieldDescriptor::kMaxNumber)
      return perhaps_another + inside;
    const FieldDescriptor *const field = type.FindFieldByNumber(static_cast<int>(number));
    const std::string name = field == nullptr ? dotted(where, std::to_string(number)) : dotted(where, field->name());
    const auto skip = [&](std::uint64_t size) {
      if (size > rest.size())
        return false;
      rest.remove_prefix(static_cast<std::size_t>(size));
      return true;
    };
    bool whole = true;
    switch (*tag & 7) {
    case 0:
      whole = take_varint(rest).has_value();
      break;
    case 1:
      whole = skip(8);
      break;
    case 5:
      whole = skip(4);
      break;
    case 2: {
      const auto size = take_varint(rest);
      const std::string_view content = rest.substr(0, static_cast<std::size_t>(size.value_or(0)));
      whole = size && skip(*size);
      if (!whole || field == nullptr)
        break;
      if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
        if (const std::string found = damage_in(content, *field->message_type(), name, depth + 1); !found.empty())
          return found;
      } else if (field->type() == FieldDescriptor::TYPE_STRING &&
                 field->file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3 &&
                 !plugins::is_utf8(content)) {
        return "the text of field " + name + " is not UTF-8";
      }
      break;
    }
    default: // groups, which only proto2 has, and what does not exist
      return perhaps_another + inside;
    }
    if (!whole)
      return "field " + name + " is cut short";
  }
  return {};
}

std::string unknown_in(const Message &message, const std::string &where) {
  const auto &reflection = *message.GetReflection();
  if (const auto &unknown = reflection.GetUnknownFields(message); !unknown.empty())
    return (where.empty() ? message.GetDescriptor()->full_name() : "field " + where) + " has a field " +
           std::to_string(unknown.field(0).number());
  std::vector<const FieldDescriptor *> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor *const field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
      continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; i++) {
      const Message &inner = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                                  : reflection.GetMessage(message, field);
      if (std::string found = unknown_in(inner, dotted(where, field->name())); !found.empty())
        return found;
    }
  }
  return {};
}

} // namespace

std::string damage_of(std::string_view data, const Descriptor &type) {
  const std::string found = damage_in(data, type, "", 0);
  return found.empty() ? perhaps_another : found;
}

std::string unknown_field_of(const Message &message) {
  return unknown_in(message, "");
}

} // namespace jetcapture::protobuf
