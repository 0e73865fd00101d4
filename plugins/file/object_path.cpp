#include "file/object_path.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <climits>

namespace jetcapture::plugins {

namespace {

// For a sentence: control bytes as \xNN.
std::string shown(std::string_view name) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f)
      text += c;
    else
      text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return text;
}

[[noreturn]] void refuse(std::string_view name, const std::string &why) {
  throw Misconfigured("the object name \"" + shown(name) + "\" is refused: " + why);
}

} // namespace

std::vector<std::string> checked_folders(std::string_view path) {
  std::vector<std::string> parts;
  if (path.empty())
    return parts;
  parts.reserve(static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) + 1);
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part.empty())
      refuse(path,
             start == 0 ? "it begins with a slash, and has to be relative to the root" : "one of its parts is empty");
    if (part == "." || part == "..")
      refuse(path, "\"" + std::string(part) + "\" could lead out of the root");
    if (part.find('\0') != std::string_view::npos)
      refuse(path, "it has a NUL byte");
    if (part.size() > NAME_MAX)
      refuse(path, "one of its parts has " + std::to_string(part.size()) + " bytes; file systems take " +
                       std::to_string(NAME_MAX));
    if (parts.empty() && part == unfinished_folder)
      refuse(path, "that folder is for unfinished files");
    parts.emplace_back(part);
    start = end + 1;
  }
  return parts;
}

ObjectPath::ObjectPath(std::string_view name) : folders(checked_folders(name)) {
  if (folders.empty())
    refuse(name, "it is empty");
  file = std::move(folders.back());
  folders.pop_back();
}

} // namespace jetcapture::plugins
