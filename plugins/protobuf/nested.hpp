// A repeated field, a map or a message as a list or a struct, by the descriptors.
//
// A repeated field is a list, a map a list of structs "key" and "value" in the order of its keys, a message a struct of
// its fields. JSON are the fields inside of it that have no such tree: a message inside of itself, one without fields,
// google.protobuf.Struct, Value and ListValue, and what nests deeper than a record's columns may.
#pragma once

#include "protobuf/json_text.hpp"
#include "protobuf/value_arena.hpp"

#include <jetcapture/payload.h>

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::protobuf {

class Nested {
public:
  // nullptr: the field is neither a list nor a struct, or its tree has more than most_columns.
  static std::unique_ptr<Nested> of(const google::protobuf::FieldDescriptor &field, const Spelling &spelling);
  static constexpr int most_columns = 1000;
  Nested(const Nested &) = delete;
  Nested &operator=(const Nested &) = delete;

  // It lives as long as this.
  const jetcapture_column &column() const { return column_; }

  // The field of that message, whole. Lives as long as the message and what the arena has given. Throws BadData.
  jetcapture_value value_of(const google::protobuf::Message &holder, ValueArena &arena) const {
    return value(holder, -1, arena);
  }

private:
  struct Growth; // what a tree is of so far
  Nested(const google::protobuf::FieldDescriptor &field, bool is_element, Growth &growth, int level);
  void add(const google::protobuf::FieldDescriptor &field, bool is_element, Growth &growth, int level);

  jetcapture_value value(const google::protobuf::Message &holder, int index, ValueArena &arena) const;
  jetcapture_value list(const google::protobuf::Message &holder, ValueArena &arena) const;
  jetcapture_value structure(const google::protobuf::Message &message, ValueArena &arena) const;

  const google::protobuf::FieldDescriptor &field_;
  const Spelling spelling_;
  std::int32_t kind_ = JETCAPTURE_NULL;
  std::string name_;
  std::vector<std::unique_ptr<Nested>> children_;
  std::vector<const jetcapture_column *> columns_; // of the children
  jetcapture_column column_{};
};

} // namespace jetcapture::protobuf
