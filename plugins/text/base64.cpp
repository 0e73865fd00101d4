#include "text/base64.hpp"

#include <algorithm>
#include <cstddef>

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

} // namespace

void put_base64(Out out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), piece);
    char *const place = out.reserve((size + 2) / 3 * 4);
    out.wrote(static_cast<std::size_t>(encode(bytes.data(), size, place) - place));
    bytes.remove_prefix(size);
  }
}

} // namespace jetcapture::plugins
