// Text straight into a block's bytes, each byte of a set replaced by its escape.
#pragma once

#include "jetcapture/plugin.hpp"
#include "text/scan.hpp"

#include <algorithm>
#include <string_view>

namespace jetcapture::plugins {

// Bounds the room that is asked for at once: a large text shall not make one large chunk of the host's.
constexpr std::size_t piece_size = 64 << 10;
constexpr std::size_t longest_escape = 6;

// escape(to, byte) writes up to longest_escape bytes and returns their end. The answer is true when all of text is ASCII.
template <class Set, class Escape>
bool put_escaped(Out out, std::string_view text, const Set &set, Escape escape) {
  Word seen = 0;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), piece_size);
    char *to = out.reserve(size + longest_escape);
    const std::size_t clean = scan(text.data(), size, to, set, seen);
    to += clean;
    std::size_t used = clean;
    // Escapes often come close together: a few fit into the room that is there.
    while (used < size && set.of_byte(static_cast<unsigned char>(text[used]))) {
      to = escape(to, static_cast<unsigned char>(text[used]));
      used++;
      break;
    }
    out.wrote(clean + static_cast<std::size_t>(to - (to - (used - clean == 0 ? 0 : 0)) ));
    text.remove_prefix(used);
  }
  return !has_high_bit(seen);
}

} // namespace jetcapture::plugins
