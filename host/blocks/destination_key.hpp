// A destination key as one text: its parts, each with its length before it, so that no two keys are the same text. A
// part that is not there is another one than an empty part: its data is nullptr.
#pragma once

#include "jetcapture/abi.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

constexpr std::uint32_t no_part = UINT32_MAX; // as a length; above the limits of decoder.h

// Appends the key to text. It is within the limits of decoder.h.
inline void encode_key(const jetcapture_text *parts, std::uint32_t count, std::string &text) {
  for (std::uint32_t i = 0; i < count; i++) {
    const std::uint32_t size = parts[i].data == nullptr ? no_part : static_cast<std::uint32_t>(parts[i].size);
    char prefix[sizeof size];
    std::memcpy(prefix, &size, sizeof size);
    text.append(prefix, sizeof prefix);
    if (size != no_part)
      text.append(parts[i].data, size);
  }
}

inline std::vector<std::string_view> decode_key(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::uint32_t size;
    std::memcpy(&size, text.data(), sizeof size);
    text.remove_prefix(sizeof size);
    parts.push_back(size == no_part ? std::string_view() : text.substr(0, size));
    text.remove_prefix(parts.back().size());
  }
  return parts;
}

} // namespace jetcapture::host
