// Texts that cross the plug-in ABI, and words that are listed in a sentence.
#pragma once

#include <jetcapture/abi.h>

#include <iterator>
#include <ranges>
#include <string>
#include <string_view>

namespace jetcapture::host {

// Borrowed, as the text is.
inline std::string_view view(jetcapture_text text) {
  return text.size == 0 || text.data == nullptr ? std::string_view()
                                                : std::string_view(text.data, static_cast<std::size_t>(text.size));
}
inline jetcapture_text text_of(std::string_view view) {
  return {view.data(), view.size()};
}

// "a, b, c", or with " and " before the last: "a, b and c".
std::string joined(std::ranges::forward_range auto &&words, std::string_view before_last = ", ") {
  std::string text;
  for (auto word = std::ranges::begin(words); word != std::ranges::end(words); ++word) {
    if (word != std::ranges::begin(words))
      text += std::next(word) == std::ranges::end(words) ? before_last : std::string_view(", ");
    text += *word;
  }
  return text;
}

} // namespace jetcapture::host
