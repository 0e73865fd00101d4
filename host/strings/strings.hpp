// Texts that cross the plug-in ABI, and words that are listed in a sentence.
#pragma once

#include <jetcapture/abi.h>

#include <functional>
#include <iterator>
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

// "a, b, c", or with " and " before the last: "a, b and c". text_of_word: what to write of each.
template <class Words, class Text = std::identity>
std::string joined(const Words &words, std::string_view before_last = ", ", Text text_of_word = {}) {
  std::string text;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (word != words.begin())
      text += std::next(word) == words.end() ? before_last : std::string_view(", ");
    text += std::invoke(text_of_word, *word);
  }
  return text;
}

} // namespace jetcapture::host
