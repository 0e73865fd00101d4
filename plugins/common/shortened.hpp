// Something of a message in a sentence: not more than a few words of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace jetcapture::common {

// The text, cut behind 40 bytes with an ellipsis; not in the middle of a character.
inline std::string shortened(std::string_view text) {
  constexpr std::size_t longest = 40;
  if (text.size() <= longest)
    return std::string(text);
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
    cut--;
  return std::string(text.substr(0, cut)) + "…";
}

} // namespace jetcapture::common
