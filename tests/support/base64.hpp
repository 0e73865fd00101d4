// Base64 as the JetStream API and the NDJSON files have it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace jetcapture::test {

inline std::string to_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()),
                                                       reinterpret_cast<const unsigned char *>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

// With "-" and "_", as object stores have it in subjects.
inline std::string to_base64_url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  for (char &c : text)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

// The same without "=" at its end: a part of a JSON Web Token.
inline std::string token_part(std::string_view bytes) {
  std::string text = to_base64_url(bytes);
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

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
