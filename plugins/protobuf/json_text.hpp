// Fields and messages as JSON text.
//
// As protobuf's own JSON, except that integers of 64 bits are numbers, and that fields without a value of their own
// (proto3's implicit ones, repeated ones, maps) are always there. What is unset is left out.
#pragma once

#include <jetcapture/plugin.hpp>

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::protobuf {

// How names are written, of fields and of the values of an enum.
struct Spelling {
  bool json_names = false;   // lowerCamelCase, or json_name of the .proto file
  bool enum_numbers = false; // numbers instead of names

  const std::string &name_of(const google::protobuf::FieldDescriptor &field) const {
    return json_names ? field.json_name() : field.name();
  }
};

// A message type that stands for its one field, unset where the message is: google.protobuf.Int32Value and the like.
bool is_wrapper(const google::protobuf::Descriptor &type);

// A field of the message, whole: also a repeated one, or a map, in the order of its keys. Throws BadData: text is not
// UTF-8, or a google.protobuf.Timestamp or Duration is out of its range.
void put_field(Out out, const google::protobuf::Message &message, const google::protobuf::FieldDescriptor &field,
               const Spelling &spelling);

// The entries of a map in the order of their keys, in which libprotobuf does not give them. Of a key that comes twice,
// the last one.
std::vector<const google::protobuf::Message *> map_entries(const google::protobuf::Message &message,
                                                           const google::protobuf::FieldDescriptor &field);

// google.protobuf.Timestamp to nanoseconds since 1970. Throws BadData: before 1677 or after 2262, or with nanos below 0
// or above a second.
std::int64_t nanoseconds_of(const google::protobuf::Message &timestamp);
// google.protobuf.Duration as "-1.5s". Throws BadData.
void put_duration(Out out, const google::protobuf::Message &duration);

} // namespace jetcapture::protobuf
