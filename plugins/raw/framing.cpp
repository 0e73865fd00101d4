#include "raw/framing.hpp"

#include "text/escaped.hpp"
#include "text/unescape.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t longest_length = 10; // a varint of 64 bits

char *big_endian(char *place, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++)
    place[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)) & 0xFF);
  return place + bytes;
}

char *little_endian(char *place, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++)
    place[i] = static_cast<char>(value >> (8 * i) & 0xFF);
  return place + bytes;
}

// As protobuf's: seven bits a byte, the lowest first, the high bit set on all but the last.
char *varint(char *place, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    *place++ = static_cast<char>((value & 0x7F) | 0x80);
  *place++ = static_cast<char>(value);
  return place;
}

// Whether a reader who looks for the delimiter finds it before the end of the data. Where data and delimiter meet
// counts too: "a" and "aa" give "aaa".
bool found_early(std::string_view data, const std::string &delimiter) {
  if (data.find(delimiter) != std::string_view::npos)
    return true;
  if (delimiter.size() == 1)
    return false;
  const std::size_t met = std::min(data.size(), delimiter.size() - 1);
  return (std::string(data.substr(data.size() - met)) + delimiter).find(delimiter) != met;
}

} // namespace

Framing::Length Framing::length_of(const std::string &choice) {
  return choice == "u32be"    ? Length::u32be
         : choice == "u32le"  ? Length::u32le
         : choice == "u64be"  ? Length::u64be
         : choice == "u64le"  ? Length::u64le
         : choice == "varint" ? Length::varint
                              : Length::none;
}

Framing::Framing(const Options &options) : length_(length_of(options.text("length"))), strict_(options.flag("strict")) {
  const std::string written = options.text("delimiter");
  const auto delimiter = unescape(written);
  if (!delimiter)
    throw Misconfigured("the delimiter \"" + written +
                        "\" has an unknown escape; there are \\n \\r \\t \\0 \\\\ and \\x1e");
  if (length_ != Length::none) {
    if (options.given("delimiter"))
      throw Misconfigured("a delimiter and a length are both given; give one of the two");
    if (strict_)
      throw Misconfigured("strict is for a delimiter: with a length any data is told apart; leave one of the two out");
    return;
  }
  delimiter_ = *delimiter;
  if (strict_ && delimiter_.empty())
    throw Misconfigured("strict needs a delimiter to look for; give one, or leave strict out");
}

void Framing::put_length(Out out, std::uint64_t size) const {
  if ((length_ == Length::u32be || length_ == Length::u32le) && size > UINT32_MAX)
    throw BadData("the data is longer than 32 bits can say; take length=u64be, u64le or varint");
  char *const place = out.reserve(longest_length);
  char *const end = length_ == Length::u32be   ? big_endian(place, size, 4)
                    : length_ == Length::u32le ? little_endian(place, size, 4)
                    : length_ == Length::u64be ? big_endian(place, size, 8)
                    : length_ == Length::u64le ? little_endian(place, size, 8)
                                               : varint(place, size);
  out.wrote(static_cast<std::size_t>(end - place));
}

void Framing::put(Out out, std::string_view data) const {
  if (length_ != Length::none)
    put_length(out, data.size());
  else if (strict_ && found_early(data, delimiter_))
    throw BadData(
        "the data has the delimiter in it, so a reader would take it for two messages; take a length instead");
  put_pieces(out, data);
  out.put(delimiter_);
}

} // namespace jetcapture::plugins
