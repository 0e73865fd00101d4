// Whether blocks could be written below a root, found out without making anything.
#pragma once

#include "file/tree.hpp"

#include <string>

namespace jetcapture::plugins {

// root, or where it is missing the nearest folder above it, in which it would be made. Throws Misconfigured.
std::string nearest_folder(const std::string &root);

// There is permission and room to write in that folder. Throws Misconfigured or Retry.
void check_room(const Folders &folders);

} // namespace jetcapture::plugins
