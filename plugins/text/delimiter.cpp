#include "text/delimiter.hpp"

#include "text/unescape.hpp"

#include <jetcapture/plugin.hpp>

#include <string_view>

namespace jetcapture::plugins {

char delimiter_of(const std::string &text) {
  const auto bytes = text == "tab" ? std::optional<std::string>("\t") : unescape(text);
  if (!bytes || bytes->size() != 1)
    throw Misconfigured("the delimiter \"" + text +
                        "\" is not one byte; write one, such as , or ; or |, or \"tab\" or \\x1f");
  // What numbers, timestamps and base64 are made of: with it, they would all need quotes.
  constexpr std::string_view taken = "\"\r\n+-./:=";
  const char byte = bytes->front();
  const bool in_values = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  if (in_values || static_cast<unsigned char>(byte) >= 0x80 || taken.find(byte) != std::string_view::npos)
    throw Misconfigured("the delimiter \"" + text +
                        "\" can't be told from values, quotes or line ends; take , or ; or | or tab");
  return byte;
}

} // namespace jetcapture::plugins
