#include "show_config.hpp"

#include "nats/connection.hpp"
#include "plugins/catalog.hpp"
#include "plugins/stages.hpp"
#include "settings/config_text.hpp"
#include "settings/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <string_view>

namespace jetcapture::host {

namespace {

template <class Load>
std::string hidden_because(const Settings &settings, StageKind kind, const StageChoice &choice, std::string_view key,
                           Load load) {
  try {
    const auto folders = plugin_folders(settings.plugin_folders, std::getenv("JETCAPTURE_PLUGIN_PATH"),
                                        std::filesystem::read_symlink("/proc/self/exe"));
    const auto loaded = load(find_stage(folders, kind, choice.name, settings.allow_writable_plugins));
    const jetcapture_option *const *option = loaded.description.about->options;
    for (; option != nullptr && *option != nullptr; ++option)
      if (key == (*option)->name)
        return ((*option)->flags & JETCAPTURE_OPTION_SECRET) != 0 ? "a secret" : "";
    return "the " + std::string(to_string(kind)) + " " + choice.name + " has no such option";
  } catch (const StartupError &) {
    return "the " + std::string(to_string(kind)) + " that could tell whether it is a secret can't be loaded";
  }
}

} // namespace

void show_config(const CommandLine &command, std::ostream &out) {
  const Settings &settings = command.settings;
  Settings filled = settings;
  filled.connection = with_context(settings.connection);
  out << config_text(command, filled, [&](std::string_view flag, std::string_view key) {
    if (flag == "decoder-opt")
      return hidden_because(settings, StageKind::decoder, settings.decoder, key, load_decoder);
    if (flag == "writer-opt")
      return hidden_because(settings, StageKind::writer, settings.writer, key, load_writer);
    return hidden_because(settings, StageKind::store, settings.store, key, load_store);
  });
}

} // namespace jetcapture::host
