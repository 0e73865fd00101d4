#include "show_config.hpp"

#include "nats/connection.hpp"
#include "plugins/stage_about.hpp"
#include "settings/config_text.hpp"
#include "settings/error.hpp"

#include <ostream>
#include <string_view>

namespace jetcapture::host {

namespace {

std::string hidden_because(const Settings &settings, StageKind kind, std::string_view key) {
  const std::string word(to_string(kind));
  try {
    const jetcapture_option *const *option = about_of(settings, kind).options;
    for (; option != nullptr && *option != nullptr; ++option)
      if (key == (*option)->name)
        return ((*option)->flags & JETCAPTURE_OPTION_SECRET) != 0 ? "a secret" : "";
    return "the " + word + " has no such option";
  } catch (const StartupError &) {
    return "the " + word + " that could tell whether it is a secret can't be loaded";
  }
}

} // namespace

void show_config(const CommandLine &command, std::ostream &out) {
  Settings filled = command.settings;
  filled.connection = with_context(filled.connection);
  out << config_text(command, filled, [&](std::string_view flag, std::string_view key) {
    return hidden_because(command.settings,
                          flag == "decoder-opt"  ? StageKind::decoder
                          : flag == "writer-opt" ? StageKind::writer
                                                 : StageKind::store,
                          key);
  });
}

} // namespace jetcapture::host
