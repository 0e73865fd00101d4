#include "text/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace jetcapture::plugins {

namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t piece = 3 * 16384; // a multiple of three: only the last piece has padding

char *encode(const char *from, std::size_t size, char *to) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(from[i])); };
  std::size_t i = 0;
  for (; size - i >= 3; i += 3, to += 4) {
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    to[0] = alphabet[bits >> 18];
    to[1] = alphabet[bits >> 12 & 63];
    to[2] = alphabet[bits >> 6 & 63];
    to[3] = alphabet[bits & 63];
  }
  if (i == size)
    return to;
  const bool two = size - i == 2;
  const unsigned bits = byte(i) << 16 | (two ? byte(i + 1) << 8 : 0);
  to[0] = alphabet[bits >> 18];
  to[1] = alphabet[bits >> 12 & 63];
  to[2] = two ? alphabet[bits >> 6 & 63] : '=';
  to[3] = '=';
  return to + 4;
}

constexpr std::array<std::int8_t, 256> values_of_digits() {
  std::array<std::int8_t, 256> values{};
  for (std::int8_t &value : values)
    value = -1;
  for (std::int8_t i = 0; i < 64; i++)
    values[static_cast<unsigned char>(alphabet[i])] = i;
  return values;
}
constexpr std::array<std::int8_t, 256> value_of_digit = values_of_digits();

} // namespace

void put_base64(Out out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), piece);
    char *const place = out.reserve((size + 2) / 3 * 4);
    out.wrote(static_cast<std::size_t>(encode(bytes.data(), size, place) - place));
    bytes.remove_prefix(size);
  }
}

bool read_base64(std::string_view text, std::string &bytes) {
  constexpr std::size_t group = 4;
  bytes.clear();
  if (text.size() % group != 0)
    return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  bytes.reserve(text.size() / group * 3);
  std::uint32_t bits = 0;
  std::size_t count = 0;
  for (const char digit : digits) {
    const int value = value_of_digit[static_cast<unsigned char>(digit)];
    if (value < 0)
      return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++count % group == 0)
      bytes.append({static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)});
  }
  if (padding > 0) {
    bits <<= 6 * padding;
    bytes += static_cast<char>(bits >> 16);
    if (padding == 1)
      bytes += static_cast<char>(bits >> 8);
  }
  return true;
}

} // namespace jetcapture::plugins
