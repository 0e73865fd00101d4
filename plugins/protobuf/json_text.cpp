#include "protobuf/json_text.hpp"

#include "text/json.hpp"
#include "text/numbers.hpp"
#include "text/timestamp.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace jetcapture::protobuf {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::int64_t second = 1'000'000'000;

void put_message(Out out, const Message &message, const Spelling &spelling);

template <class Number>
void put_number(Out out, Number value) {
  char *const place = out.reserve(plugins::longest_number);
  out.wrote(static_cast<std::size_t>(plugins::format(place, value) - place));
}

// Not as a double: 0.1 shall stay 0.1.
void put_real(Out out, float value) {
  char *const place = out.reserve(plugins::longest_number);
  out.wrote(static_cast<std::size_t>(std::to_chars(place, place + plugins::longest_number, value).ptr - place));
}
void put_real(Out out, double value) {
  put_number(out, value);
}

template <class Real>
void put_real_or_name(Out out, Real value) {
  if (std::isfinite(value))
    return put_real(out, value);
  out.put('"');
  out.put(plugins::name_of_not_finite(static_cast<double>(value)));
  out.put('"');
}

void put_text(Out out, const std::string &text, const FieldDescriptor &field) {
  if (!plugins::put_json_string(out, text))
    throw BadData("field " + field.full_name() + ": its text is not UTF-8");
}

// index: of a repeated field; negative where it is none.
const std::string &string_of(const Message &message, const FieldDescriptor &field, int index, std::string &scratch) {
  const Reflection &reflection = *message.GetReflection();
  return index < 0 ? reflection.GetStringReference(message, &field, &scratch)
                   : reflection.GetRepeatedStringReference(message, &field, index, &scratch);
}

void put_one(Out out, const Message &message, const FieldDescriptor &field, int index, const Spelling &spelling) {
  const Reflection &reflection = *message.GetReflection();
  std::string scratch;
  const auto get = [&](auto single, auto repeated) {
    return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
  };
  switch (field.cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return put_number(out, std::int64_t{get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32)});
  case FieldDescriptor::CPPTYPE_INT64:
    return put_number(out, std::int64_t{get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64)});
  case FieldDescriptor::CPPTYPE_UINT32:
    return put_number(out, std::uint64_t{get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32)});
  case FieldDescriptor::CPPTYPE_UINT64:
    return put_number(out, std::uint64_t{get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64)});
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return put_real_or_name(out, get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
  case FieldDescriptor::CPPTYPE_FLOAT:
    return put_real_or_name(out, get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
  case FieldDescriptor::CPPTYPE_BOOL:
    return out.put(get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false");
  case FieldDescriptor::CPPTYPE_ENUM: {
    const int number = get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
    if (field.enum_type()->full_name() == "google.protobuf.NullValue")
      return out.put("null");
    const auto *const known = spelling.enum_numbers ? nullptr : field.enum_type()->FindValueByNumber(number);
    if (known == nullptr)
      return put_number(out, std::int64_t{number});
    return put_text(out, known->name(), field);
  }
  case FieldDescriptor::CPPTYPE_STRING: {
    const std::string &text = string_of(message, field, index, scratch);
    if (field.type() == FieldDescriptor::TYPE_BYTES)
      return plugins::put_json_base64(out, text);
    return put_text(out, text, field);
  }
  case FieldDescriptor::CPPTYPE_MESSAGE:
    return put_message(
        out, index < 0 ? reflection.GetMessage(message, &field) : reflection.GetRepeatedMessage(message, &field, index),
        spelling);
  }
}

// Keys are numbers, flags or text; numbers in JSON are keys by their digits.
void put_key(Out out, const Message &entry, const FieldDescriptor &key, const Spelling &spelling) {
  const bool is_text = key.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (!is_text)
    out.put('"');
  put_one(out, entry, key, -1, spelling);
  if (!is_text)
    out.put('"');
}

bool goes_before(const Message &one, const Message &other, const FieldDescriptor &key) {
  const Reflection &reflection = *one.GetReflection();
  const auto less = [&](auto get) { return (reflection.*get)(one, &key) < (reflection.*get)(other, &key); };
  switch (key.cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return less(&Reflection::GetInt32);
  case FieldDescriptor::CPPTYPE_INT64:
    return less(&Reflection::GetInt64);
  case FieldDescriptor::CPPTYPE_UINT32:
    return less(&Reflection::GetUInt32);
  case FieldDescriptor::CPPTYPE_UINT64:
    return less(&Reflection::GetUInt64);
  case FieldDescriptor::CPPTYPE_BOOL:
    return less(&Reflection::GetBool);
  default:
    return less(&Reflection::GetString);
  }
}

void put_map(Out out, const Message &message, const FieldDescriptor &field, const Spelling &spelling) {
  out.put('{');
  bool first = true;
  for (const Message *const entry : map_entries(message, field)) {
    if (!first)
      out.put(',');
    first = false;
    put_key(out, *entry, *field.message_type()->map_key(), spelling);
    out.put(':');
    put_one(out, *entry, *field.message_type()->map_value(), -1, spelling);
  }
  out.put('}');
}

// google.protobuf.Value: the one member that is set.
void put_value(Out out, const Message &value, const Spelling &spelling) {
  const FieldDescriptor *const member =
      value.GetReflection()->GetOneofFieldDescriptor(value, value.GetDescriptor()->oneof_decl(0));
  if (member == nullptr)
    out.put("null");
  else
    put_one(out, value, *member, -1, spelling);
}

struct Time {
  std::int64_t seconds;
  std::int64_t nanos;
};

// Of a Timestamp or a Duration: both have the same two fields.
Time time_of(const Message &message) {
  const Descriptor &type = *message.GetDescriptor();
  const Reflection &reflection = *message.GetReflection();
  return {reflection.GetInt64(message, type.FindFieldByNumber(1)),
          reflection.GetInt32(message, type.FindFieldByNumber(2))};
}

Time timestamp_of(const Message &message) {
  const Time time = time_of(message);
  if (time.nanos < 0 || time.nanos >= second)
    throw BadData("a google.protobuf.Timestamp has nanos of " + std::to_string(time.nanos));
  return time;
}

// As text it has all of its range, of which a timestamp of 64 bits holds a part.
void put_timestamp(Out out, const Message &timestamp) {
  const Time time = timestamp_of(timestamp);
  char text[plugins::longest_timestamp];
  const char *const end = plugins::format_timestamp(text, time.seconds, static_cast<std::uint32_t>(time.nanos));
  out.put('"');
  out.put(std::string_view(text, static_cast<std::size_t>(end - text)));
  out.put('"');
}

void put_message(Out out, const Message &message, const Spelling &spelling) {
  const Descriptor &type = *message.GetDescriptor();
  switch (type.well_known_type()) {
  case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    return put_timestamp(out, message);
  case Descriptor::WELLKNOWNTYPE_DURATION:
    out.put('"');
    put_duration(out, message);
    out.put('"');
    return;
  case Descriptor::WELLKNOWNTYPE_VALUE:
    return put_value(out, message, spelling);
  case Descriptor::WELLKNOWNTYPE_LISTVALUE:
  case Descriptor::WELLKNOWNTYPE_STRUCT:
    return put_field(out, message, *type.field(0), spelling);
  default:
    if (is_wrapper(type))
      return put_field(out, message, *type.field(0), spelling);
  }
  char before = '{';
  for (int i = 0; i < type.field_count(); i++) {
    const FieldDescriptor &field = *type.field(i);
    if (field.has_presence() && !message.GetReflection()->HasField(message, &field))
      continue;
    out.put(before);
    before = ',';
    put_text(out, spelling.name_of(field), field);
    out.put(':');
    put_field(out, message, field, spelling);
  }
  out.put(before == '{' ? "{}" : "}");
}

} // namespace

bool is_wrapper(const Descriptor &type) {
  switch (type.well_known_type()) {
  case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
  case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
  case Descriptor::WELLKNOWNTYPE_INT64VALUE:
  case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
  case Descriptor::WELLKNOWNTYPE_INT32VALUE:
  case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
  case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
  case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
  case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
    return true;
  default:
    return false;
  }
}

void put_field(Out out, const Message &message, const FieldDescriptor &field, const Spelling &spelling) {
  if (field.is_map())
    return put_map(out, message, field, spelling);
  if (!field.is_repeated())
    return put_one(out, message, field, -1, spelling);
  const int count = message.GetReflection()->FieldSize(message, &field);
  out.put('[');
  for (int i = 0; i < count; i++) {
    if (i > 0)
      out.put(',');
    put_one(out, message, field, i, spelling);
  }
  out.put(']');
}

std::vector<const Message *> map_entries(const Message &message, const FieldDescriptor &field) {
  const Reflection &reflection = *message.GetReflection();
  const FieldDescriptor &key = *field.message_type()->map_key();
  std::vector<const Message *> entries;
  for (int i = 0; i < reflection.FieldSize(message, &field); i++)
    entries.push_back(&reflection.GetRepeatedMessage(message, &field, i));
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Message *one, const Message *other) { return goes_before(*one, *other, key); });
  // From the last one back, so that of a key that comes twice the last one stays.
  const auto first = std::unique(entries.rbegin(), entries.rend(), [&](const Message *later, const Message *earlier) {
    return !goes_before(*earlier, *later, key);
  });
  entries.erase(entries.begin(), first.base());
  return entries;
}

std::int64_t nanoseconds_of(const Message &timestamp) {
  const Time time = timestamp_of(timestamp);
  if (time.seconds >= INT64_MAX / second || time.seconds <= INT64_MIN / second)
    throw BadData(
        "a google.protobuf.Timestamp of " + std::to_string(time.seconds) +
        " seconds is before 1677 or after 2262; as JSON text it is taken, by fields=NAME:json or nested=json");
  return time.seconds * second + time.nanos;
}

void put_duration(Out out, const Message &duration) {
  constexpr std::int64_t longest = 315'576'000'000; // ten thousand years
  const Time time = time_of(duration);
  if (time.seconds > longest || time.seconds < -longest || time.nanos <= -second || time.nanos >= second ||
      (time.seconds > 0 && time.nanos < 0) || (time.seconds < 0 && time.nanos > 0))
    throw BadData("a google.protobuf.Duration has " + std::to_string(time.seconds) + " seconds and " +
                  std::to_string(time.nanos) + " nanos, which is none");
  if (time.seconds < 0 || time.nanos < 0)
    out.put('-');
  put_number(out, std::abs(time.seconds));
  if (time.nanos != 0) {
    std::string digits = std::to_string(second + std::abs(time.nanos));
    digits.front() = '.';
    digits.erase(digits.find_last_not_of('0') + 1);
    out.put(digits);
  }
  out.put('s');
}

} // namespace jetcapture::protobuf
