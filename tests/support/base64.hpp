// Base64 as the JetStream API and the NDJSON files have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::test {

// What is no Base64 ends it.
inline std::string from_base64(const std::string &text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos)
      break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8)
      bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return bytes;
}

} // namespace jetcapture::test
