#include "plugins/searched_folders.hpp"

#include "settings/settings.hpp"

#include <cstdlib>

namespace jetcapture::host {

std::vector<std::filesystem::path> folders_of(const Settings &settings) {
  return plugin_folders(settings.plugin_folders, std::getenv("JETCAPTURE_PLUGIN_PATH"),
                        std::filesystem::read_symlink("/proc/self/exe"));
}

} // namespace jetcapture::host
