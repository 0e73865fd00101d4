#include "text/unescape.hpp"

#include <charconv>

namespace jetcapture::plugins {

std::optional<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    i++;
    const char letter = i < text.size() ? text[i] : ' ';
    unsigned value = 0;
    switch (letter) {
    case 'n':
      bytes += '\n';
      break;
    case 'r':
      bytes += '\r';
      break;
    case 't':
      bytes += '\t';
      break;
    case '0':
      bytes += '\0';
      break;
    case '\\':
      bytes += '\\';
      break;
    case 'x': {
      const char *const digits = text.data() + i + 1;
      if (text.size() - i <= 2 || std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2)
        return std::nullopt;
      bytes += static_cast<char>(value);
      i += 2;
      break;
    }
    default:
      return std::nullopt;
    }
  }
  return bytes;
}

} // namespace jetcapture::plugins
