#include "text/json.hpp"

#include "text/base64.hpp"
#include "text/escaped.hpp"
#include "text/utf8.hpp"

#include <array>

namespace jetcapture::plugins {

namespace {

// The letter after the backslash; 'u' for \u00XX; 0: the byte stands as it is.
constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t control = 0; control < 0x20; control++)
    table[control] = 'u';
  table['\b'] = 'b';
  table['\t'] = 't';
  table['\n'] = 'n';
  table['\f'] = 'f';
  table['\r'] = 'r';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

struct NeedsEscape {
  Word of_word(Word word) const {
    return less_than(word, 0x20) | equal_to(word, every('"')) | equal_to(word, every('\\'));
  }
  bool of_byte(unsigned char byte) const { return escapes[byte] != 0; }
};

char *escape(char *to, unsigned char byte) {
  to[0] = '\\';
  to[1] = escapes[byte];
  if (to[1] != 'u')
    return to + 2;
  constexpr char digits[] = "0123456789abcdef";
  to[2] = '0';
  to[3] = '0';
  to[4] = digits[byte >> 4];
  to[5] = digits[byte & 15];
  return to + 6;
}

struct LineBreak {
  Word of_word(Word word) const { return equal_to(word, every('\n')) | equal_to(word, every('\r')); }
  bool of_byte(unsigned char byte) const { return byte == '\n' || byte == '\r'; }
};

} // namespace

bool put_json_string(Out out, std::string_view text) {
  Word seen = 0;
  out.put('"');
  put_escaped(out, text, NeedsEscape{}, escape, seen);
  out.put('"');
  return !has_high_bit(seen) || is_utf8(text);
}

void put_json_base64(Out out, std::string_view bytes) {
  out.put('"');
  put_base64(out, bytes);
  out.put('"');
}

void put_json_in_one_line(Out out, std::string_view json) {
  Word seen = 0;
  put_escaped(
      out, json, LineBreak{},
      [](char *to, unsigned char) {
        *to = ' ';
        return to + 1;
      },
      seen);
}

} // namespace jetcapture::plugins
