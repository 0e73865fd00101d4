// A field of a message, named by pointer, as a value of a record.
#pragma once

#include "common/column_type.hpp"
#include "protobuf/json_text.hpp"
#include "protobuf/nested.hpp"
#include "protobuf/value_arena.hpp"

#include <jetcapture/plugin.hpp>

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::protobuf {

// What becomes of repeated fields, maps and messages: lists and structs, or JSON text.
enum class Nesting { json, structs };

class Column {
public:
  // pointer: to a field of type, through single messages: /customer/region. Field names are those of the .proto file or
  // of JSON.
  // option: what to name in sentences. Throws Misconfigured: there is no such field, or it can't be of that type.
  Column(const google::protobuf::Descriptor &type, const std::string &pointer, common::Type wanted,
         const Spelling &spelling, Nesting nesting, const char *option);

  // Its name is name(). What is below it lives as long as this.
  jetcapture_column column() const;
  // The last field of the pointer.
  const std::string &name() const { return name_; }
  // Null where it is unset, or something on the way to it. Lives as long as the message and what the arena has given.
  // Throws BadData.
  jetcapture_value value_of(const google::protobuf::Message &message, ValueArena &arena) const;

private:
  std::int32_t kind_for(common::Type wanted) const;
  std::vector<common::Type> possible_types() const;

  std::vector<const google::protobuf::FieldDescriptor *> steps_; // the last one is the field itself
  const google::protobuf::FieldDescriptor *field_ = nullptr;
  Spelling spelling_;
  std::string name_;
  std::int32_t kind_ = JETCAPTURE_NULL;
  std::unique_ptr<Nested> nested_; // where it is a list or a struct
};

} // namespace jetcapture::protobuf
