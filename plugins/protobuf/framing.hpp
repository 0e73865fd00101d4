// What may stand before a protobuf message in the data.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string_view>
#include <vector>

namespace jetcapture::protobuf {

// The next message, behind its length as a varint, as writeDelimitedTo() puts it; rest goes on behind it. Throws
// BadData.
std::string_view take_delimited(std::string_view &rest);

// Which type of its .proto file it is, and of which type in that one: as the serializers of Confluent number them.
std::vector<int> place_in_file(const google::protobuf::Descriptor &type);
// What stands behind the header of Confluent's serializers: a zero, the schema's id in four bytes, the place of the
// type in its file. Throws BadData: there is none, or it is of a type at another place.
std::string_view without_confluent_header(std::string_view data, const std::vector<int> &place);

} // namespace jetcapture::protobuf
