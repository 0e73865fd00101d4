// Fields that are no lists and no structs, as values of records.
#pragma once

#include "common/column_type.hpp"
#include "protobuf/json_text.hpp"
#include "protobuf/value_arena.hpp"

#include <google/protobuf/message.h>

#include <cstdint>
#include <vector>

namespace jetcapture::protobuf {

// The types that a column of one of the field's values can have, the usual one first; json, which all can have, aside.
std::vector<common::Type> types_of(const google::protobuf::FieldDescriptor &field, const Spelling &spelling);

// The kind of the usual one. JETCAPTURE_NULL: only JSON, a list or a struct can hold it.
std::int32_t usual_kind(const google::protobuf::FieldDescriptor &field, const Spelling &spelling);

// The value as one of that kind, which it can have. index: of a repeated field; negative where it is none. Lives as
// long as the message and what the arena has given. Throws BadData.
jetcapture_value scalar_value(const google::protobuf::Message &holder, const google::protobuf::FieldDescriptor &field,
                              int index, std::int32_t kind, ValueArena &arena);

// The whole field as JSON.
jetcapture_value json_value(const google::protobuf::Message &holder, const google::protobuf::FieldDescriptor &field,
                            const Spelling &spelling, ValueArena &arena);

} // namespace jetcapture::protobuf
