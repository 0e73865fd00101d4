// The names of the objects below the root.
#pragma once

#include "file/tree.hpp"
#include "jetcapture/store.h"

#include <cstdint>
#include <string_view>

namespace jetcapture::plugins {

// The names that begin with prefix ("eu/2024" has "eu/2024-01-01/x" too) and are greater than after, each with its
// size, in the order of their bytes; limit of them at most (0: all). Only files that an object could be: no links,
// nothing unfinished. Memory is bounded by names of one folder that are looked at together, and not by the number of
// files. Throws what visitor refuses with, Retry and Misconfigured.
void list_objects(const Folders &folders, std::string_view prefix, std::string_view after, std::uint64_t limit,
                  const jetcapture_visitor &visitor);

} // namespace jetcapture::plugins
