#include "plugins/stage_about.hpp"

#include "plugins/stages.hpp"

#include <cstdlib>

namespace jetcapture::host {

std::vector<std::filesystem::path> folders_of(const Settings &settings) {
  return plugin_folders(settings.plugin_folders, std::getenv("JETCAPTURE_PLUGIN_PATH"),
                        std::filesystem::read_symlink("/proc/self/exe"));
}

const jetcapture_about &about_of(const Settings &settings, StageKind kind) {
  const auto find = [&](const StageChoice &choice) {
    return find_stage(folders_of(settings), kind, choice.name, settings.allow_writable_plugins);
  };
  switch (kind) {
  case StageKind::decoder:
    return *load_decoder(find(settings.decoder)).description.about;
  case StageKind::writer:
    return *load_writer(find(settings.writer)).description.about;
  default:
    return *load_store(find(settings.store)).description.about;
  }
}

} // namespace jetcapture::host
