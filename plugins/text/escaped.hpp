// Text straight into a block's bytes, each byte of a set replaced by its escape.
#pragma once

#include "jetcapture/plugin.hpp"
#include "text/scan.hpp"

#include <algorithm>
#include <string_view>

namespace jetcapture::plugins {

// Bounds the room that is asked for at once: a large text shall not make a large chunk of the host's.
constexpr std::size_t piece_size = 64 << 10;
constexpr std::size_t longest_escape = 6;

// escape(to, byte) writes at most longest_escape bytes and returns their end. seen: see find_first().
template <class Set, class Escape>
void put_escaped(Out out, std::string_view text, const Set &set, Escape escape, Word &seen) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), piece_size);
    std::size_t spare = size / 8 + 4 * longest_escape; // room for what escapes add
    char *const start = out.reserve(size + spare);
    char *to = start;
    std::size_t done = 0;
    while (spare >= longest_escape) {
      const std::size_t clean = copy_until(text.data() + done, size - done, to, set, seen);
      done += clean;
      to += clean;
      if (done == size)
        break;
      char *const end = escape(to, static_cast<unsigned char>(text[done]));
      spare -= static_cast<std::size_t>(end - to) - 1;
      to = end;
      done++;
    }
    out.wrote(static_cast<std::size_t>(to - start));
    text.remove_prefix(done);
  }
}

// Bytes as they are, in pieces.
inline void put_pieces(Out out, std::string_view bytes) {
  for (; bytes.size() > piece_size; bytes.remove_prefix(piece_size))
    out.put(bytes.substr(0, piece_size));
  out.put(bytes);
}

} // namespace jetcapture::plugins
