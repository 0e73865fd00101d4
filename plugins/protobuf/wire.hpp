// What protobuf's wire format is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jetcapture::protobuf {

// A number of seven bits a byte, lowest first. nullopt: it is cut short, or longer than ten bytes.
inline std::optional<std::uint64_t> take_varint(std::string_view &rest) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < rest.size() && i < 10; i++) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

} // namespace jetcapture::protobuf
