// Why data can't be read as a message of a type, for a sentence. Only looked for once it could not be: libprotobuf does
// not say.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace jetcapture::protobuf {

// Such as "field customer.name is cut short".
std::string damage_of(std::string_view data, const google::protobuf::Descriptor &type);

// The first field that the message, or one inside it, has and its type has not: "customer has a field 7". Empty: there
// is none.
std::string unknown_field_of(const google::protobuf::Message &message);

} // namespace jetcapture::protobuf
