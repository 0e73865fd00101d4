// A field of a message, named by pointer, as a value of a record.
#pragma once

#include "common/column_type.hpp"
#include "protobuf/json_text.hpp"
#include "text/scratch.hpp"

#include <jetcapture/plugin.hpp>

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::protobuf {

class Column {
public:
  // pointer: to a field of type, through single messages: /customer/region. Field names are those of the .proto file or
  // of JSON.
  // option: what to name in sentences. Throws Misconfigured: there is no such field, or it can't be of that type.
  Column(const google::protobuf::Descriptor &type, const std::string &pointer, common::Type wanted,
         const Spelling &spelling, const char *option);

  // Of its values: JETCAPTURE_INTEGER, …; null aside.
  std::int32_t kind() const { return kind_; }
  // The last field of the pointer.
  const std::string &name() const { return name_; }
  // Null where it is unset, or something on the way to it. Lives as long as the message, and until the next call.
  // Throws BadData.
  jetcapture_value value_of(const google::protobuf::Message &message);

private:
  std::int32_t kind_for(common::Type wanted) const;
  jetcapture_value value_in(const google::protobuf::Message &holder);
  jetcapture_value text_value(const std::string &text) const;

  std::vector<const google::protobuf::FieldDescriptor *> steps_; // the last one is the field itself
  const google::protobuf::FieldDescriptor *field_ = nullptr;
  Spelling spelling_;
  std::string name_;
  std::int32_t kind_ = JETCAPTURE_NULL;
  std::string text_;                          // of a number of an enum
  std::unique_ptr<plugins::Scratch> written_; // JSON
};

} // namespace jetcapture::protobuf
