#include "protobuf/framing.hpp"

#include "protobuf/wire.hpp"

#include <jetcapture/plugin.hpp>

#include <algorithm>
#include <string>

namespace jetcapture::protobuf {

std::string_view take_delimited(std::string_view &rest) {
  const auto length = take_varint(rest);
  if (!length)
    throw BadData("the data is cut short in the length before a message (option framing)");
  if (*length > rest.size())
    throw BadData("a message should have " + std::to_string(*length) + " bytes, and the data has " +
                  std::to_string(rest.size()) + " more (option framing)");
  const std::string_view message = rest.substr(0, static_cast<std::size_t>(*length));
  rest.remove_prefix(message.size());
  return message;
}

std::vector<int> place_in_file(const google::protobuf::Descriptor &type) {
  std::vector<int> place;
  for (const auto *at = &type; at != nullptr; at = at->containing_type())
    place.push_back(at->index());
  std::reverse(place.begin(), place.end());
  return place;
}

std::string_view without_confluent_header(std::string_view data, const std::vector<int> &place) {
  constexpr std::size_t id = 1 + 4;
  if (data.size() <= id || data.front() != '\0')
    throw BadData("the data does not begin with a zero and a schema id (option framing)");
  data.remove_prefix(id);
  const auto take = [&] {
    const auto zigzag = take_varint(data);
    if (!zigzag)
      throw BadData("the data is cut short in its header (option framing)");
    return static_cast<std::int64_t>(*zigzag >> 1) ^ -static_cast<std::int64_t>(*zigzag & 1);
  };
  const std::int64_t count = take();
  bool same = count == 0 ? place == std::vector<int>{0} : count == static_cast<std::int64_t>(place.size());
  for (std::size_t i = 0; same && count != 0 && i < place.size(); i++)
    same = take() == place[i];
  if (!same)
    throw BadData("the header names another message type of its .proto file than the option message");
  return data;
}

} // namespace jetcapture::protobuf
