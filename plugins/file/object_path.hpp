// An object's name, checked: the folders below the root, and the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// Of the store itself: unfinished files are there. No object can have a name in it.
constexpr std::string_view unfinished_folder = ".jetcapture-unfinished";

struct ObjectPath {
  // Throws Misconfigured: empty, absolute, a part that is empty, "." or "..", too long for a file system or with a NUL
  // byte, or inside unfinished_folder.
  explicit ObjectPath(std::string_view name);

  std::vector<std::string> folders;
  std::string file;
};

// The same check of a list of folders; an empty text is no folder.
std::vector<std::string> checked_folders(std::string_view path);

} // namespace jetcapture::plugins
