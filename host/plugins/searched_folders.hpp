// Where plug-ins are looked for.
#pragma once

#include "plugins/catalog.hpp"

#include <filesystem>
#include <vector>

namespace jetcapture::host {

struct Settings;

// The folders in which these settings search.
std::vector<std::filesystem::path> folders_of(const Settings &settings);

} // namespace jetcapture::host
