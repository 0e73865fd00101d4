// The names of the objects below the root.
#pragma once

#include "file/tree.hpp"
#include "jetcapture/store.h"

#include <string_view>

namespace jetcapture::plugins {

// All names that begin with prefix ("eu/2024" has "eu/2024-01-01/x" too), each with its size; sorted within a folder.
// Only files that an object could be: no links, nothing unfinished.
void list_objects(const Folders &folders, std::string_view prefix, const jetcapture_visitor &visitor);

} // namespace jetcapture::plugins
