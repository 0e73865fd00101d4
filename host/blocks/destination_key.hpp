// A destination key as one text: its parts, each with its length before it, so that no two keys are the same text.
#pragma once

#include "jetcapture/abi.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// Appends the key to text. It is within the limits of decoder.h.
inline void encode_key(const jetcapture_text *parts, std::uint32_t count, std::string &text) {
  for (std::uint32_t i = 0; i < count; i++) {
    const auto size = static_cast<std::uint32_t>(parts[i].size);
    char prefix[sizeof size];
    std::memcpy(prefix, &size, sizeof size);
    text.append(prefix, sizeof prefix);
    text.append(std::string_view(parts[i].data, size));
  }
}

inline std::vector<std::string_view> decode_key(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::uint32_t size;
    std::memcpy(&size, text.data(), sizeof size);
    parts.push_back(text.substr(sizeof size, size));
    text.remove_prefix(sizeof size + size);
  }
  return parts;
}

} // namespace jetcapture::host
