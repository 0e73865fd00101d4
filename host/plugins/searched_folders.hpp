// Where plug-ins are looked for.
#pragma once

#include "plugins/catalog.hpp"
#include "settings/settings.hpp"

#include <filesystem>
#include <vector>

namespace jetcapture::host {

// The folders in which these settings search.
std::vector<std::filesystem::path> folders_of(const Settings &settings);

} // namespace jetcapture::host
