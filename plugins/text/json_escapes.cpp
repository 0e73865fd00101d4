#include "text/json_escapes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace jetcapture::plugins {

namespace {

constexpr std::string_view letters = "\"\\/bfnrt";
constexpr std::string_view characters_of_letters = "\"\\/\b\f\n\r\t";

// Four hexadecimal digits at that place.
std::optional<std::uint32_t> unit_at(std::string_view text, std::size_t at) {
  if (at > text.size() || text.size() - at < 4)
    return std::nullopt;
  std::uint32_t unit = 0;
  for (const char digit : text.substr(at, 4)) {
    const char lower = static_cast<char>(digit | 0x20);
    if (digit >= '0' && digit <= '9')
      unit = unit << 4 | static_cast<std::uint32_t>(digit - '0');
    else if (lower >= 'a' && lower <= 'f')
      unit = unit << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    else
      return std::nullopt;
  }
  return unit;
}

void append_utf8(std::string &to, std::uint32_t character) {
  const auto put = [&](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | character >> 6);
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | character >> 12);
    put(0x80 | (character >> 6 & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | character >> 18);
    put(0x80 | (character >> 12 & 0x3F));
    put(0x80 | (character >> 6 & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

} // namespace

bool escapes_are_good(std::string_view characters) {
  for (std::size_t at = characters.find('\\'); at != std::string_view::npos; at = characters.find('\\', at)) {
    const char letter = at + 1 < characters.size() ? characters[at + 1] : '\0';
    if (letter == 'u' ? !unit_at(characters, at + 2) : letters.find(letter) == std::string_view::npos)
      return false;
    at += letter == 'u' ? 6 : 2;
  }
  return true;
}

bool unescape(std::string_view characters, std::string &to) {
  while (true) {
    const std::size_t plain = std::min(characters.find('\\'), characters.size());
    to.append(characters.substr(0, plain));
    characters.remove_prefix(plain);
    if (characters.empty())
      return true;
    if (characters[1] != 'u') {
      to.push_back(characters_of_letters[letters.find(characters[1])]);
      characters.remove_prefix(2);
      continue;
    }
    std::uint32_t character = *unit_at(characters, 2);
    characters.remove_prefix(6);
    if (is_low_surrogate(character))
      return false;
    if (is_high_surrogate(character)) {
      const auto low = characters.starts_with("\\u") ? unit_at(characters, 2) : std::nullopt;
      if (!low || !is_low_surrogate(*low))
        return false;
      character = 0x10000 + ((character - 0xD800) << 10) + (*low - 0xDC00);
      characters.remove_prefix(6);
    }
    append_utf8(to, character);
  }
}

} // namespace jetcapture::plugins
