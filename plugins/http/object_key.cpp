#include "http/object_key.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

// "" where it is fine. Longer forms and surrogates are left to the service.
std::string fault_of_bytes(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f)
      return "it has a control character";
    const std::size_t size = byte < 0x80                   ? 1
                             : byte >= 0xc2 && byte < 0xe0 ? 2
                             : byte >= 0xe0 && byte < 0xf0 ? 3
                             : byte >= 0xf0 && byte < 0xf5 ? 4
                                                           : 0;
    if (size == 0 || i + size > text.size())
      return "it is no UTF-8";
    for (std::size_t k = 1; k < size; k++)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80)
        return "it is no UTF-8";
    i += size;
  }
  return "";
}

std::string fault_of(std::string_view path) {
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty())
      return start == 0 ? "it begins with a slash" : "one of its parts is empty";
    if (part == "." || part == "..")
      return "\"" + std::string(part) + "\" is no name";
    start = end + 1;
  }
  return fault_of_bytes(path);
}

// For a sentence: without control characters.
std::string shown(std::string_view text) {
  std::string clean(text.substr(0, 300));
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return clean;
}

} // namespace

std::string checked_prefix(std::string_view given) {
  if (given.ends_with('/'))
    given.remove_suffix(1);
  if (given.empty())
    return "";
  if (const std::string fault = fault_of(given); !fault.empty())
    throw Misconfigured("the value of prefix, \"" + shown(given) + "\", is refused: " + fault +
                        "; write one such as backup/orders");
  return std::string(given);
}

std::string object_key(std::string_view prefix, std::string_view name, std::size_t longest) {
  std::string fault = name.empty() ? "it is empty" : fault_of(name);
  std::string key = prefix.empty() ? std::string(name) : std::string(prefix) + "/" + std::string(name);
  if (fault.empty() && key.size() > longest)
    fault = "with the prefix it has " + std::to_string(key.size()) + " bytes, and the service takes " +
            std::to_string(longest) + "; shorten the prefix or the path template";
  if (!fault.empty())
    throw Misconfigured("the object name \"" + shown(name) + "\" is refused: " + fault);
  return key;
}

std::string key_prefix(std::string_view prefix, std::string_view name_prefix) {
  return prefix.empty() ? std::string(name_prefix) : std::string(prefix) + "/" + std::string(name_prefix);
}

} // namespace jetcapture::plugins
