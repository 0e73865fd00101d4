// Is it UTF-8? (Unicode 15, table 3-7: no surrogates, nothing overlong.)
#pragma once

#include "text/scan.hpp"

#include <string_view>

namespace jetcapture::plugins {

// For what is not known to be ASCII.
bool is_utf8_beyond_ascii(std::string_view bytes) noexcept;

// Subjects and headers are short and ASCII: they need no call.
inline bool is_utf8(std::string_view bytes) noexcept {
  constexpr std::size_t shortish = 64;
  if (bytes.size() > shortish)
    return is_utf8_beyond_ascii(bytes);
  Word seen = 0;
  std::size_t i = 0;
  for (; bytes.size() - i >= sizeof(Word); i += sizeof(Word))
    seen |= load(bytes.data() + i);
  for (; i < bytes.size(); i++)
    seen |= static_cast<unsigned char>(bytes[i]);
  return !has_high_bit(seen) || is_utf8_beyond_ascii(bytes);
}

} // namespace jetcapture::plugins
