// Finding and copying bytes, eight at a time, up to the first one that needs attention.
//
// A set says which bytes those are, twice: for a single byte, and for eight in a word (SWAR). Neither reads nor writes
// past size.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace jetcapture::plugins {

using Word = std::uint64_t;

constexpr Word every(unsigned char byte) {
  return ~Word{0} / 255 * byte;
}
constexpr Word high_bits = every(0x80);

// The high bit of each byte of the word that equals byte, or is less than limit (at most 0x80). Above the first such
// byte there may be bits too many: only the lowest one counts.
constexpr Word equal_to(Word word, Word byte) {
  const Word difference = word ^ byte;
  return (difference - every(1)) & ~difference & high_bits;
}
constexpr Word less_than(Word word, unsigned char limit) {
  return (word - every(limit)) & ~word & high_bits;
}

inline Word load(const char *from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

namespace detail {
template <bool copies, class Set>
std::size_t scan(const char *from, std::size_t size, char *to, const Set &set, Word &seen) {
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; size - i >= sizeof(Word); i += sizeof(Word)) {
      const Word word = load(from + i);
      seen |= word;
      if constexpr (copies)
        std::memcpy(to + i, &word, sizeof word);
      if (const Word found = set.of_word(word); found != 0)
        return i + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  for (; i < size; i++) {
    const auto byte = static_cast<unsigned char>(from[i]);
    seen |= byte;
    if (set.of_byte(byte))
      return i;
    if constexpr (copies)
      to[i] = from[i];
  }
  return size;
}
} // namespace detail

// Bytes before the first one of the set; size when there is none. seen collects all the bytes that were looked at,
// or-ed together.
template <class Set>
std::size_t find_first(const char *from, std::size_t size, const Set &set, Word &seen) {
  return detail::scan<false>(from, size, nullptr, set, seen);
}

// The same, and copies those bytes; up to size bytes at `to` may be overwritten.
template <class Set>
std::size_t copy_until(const char *from, std::size_t size, char *to, const Set &set, Word &seen) {
  return detail::scan<true>(from, size, to, set, seen);
}

inline bool has_high_bit(Word seen) {
  return (seen & high_bits) != 0;
}

} // namespace jetcapture::plugins
