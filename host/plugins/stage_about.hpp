// What the plug-in folders hold, and what a chosen plug-in says of itself, for those who only want to know.
#pragma once

#include "jetcapture/abi.h"
#include "plugins/catalog.hpp"
#include "settings/settings.hpp"

#include <filesystem>
#include <vector>

namespace jetcapture::host {

// The folders in which these settings search.
std::vector<std::filesystem::path> folders_of(const Settings &settings);

// Lives as long as the program. Throws StartupError where the plug-in can't be loaded.
const jetcapture_about &about_of(const Settings &settings, StageKind kind);

} // namespace jetcapture::host
