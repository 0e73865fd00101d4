#include "show_config.hpp"

#include "nats/connection.hpp"
#include "settings/config_text.hpp"
#include "settings/error.hpp"
#include "tools/plugins/stage_facts.hpp"

#include <map>
#include <optional>
#include <ostream>
#include <string_view>

namespace jetcapture::host {

namespace {

// Why the value of a stage's option is not shown. A stage is loaded once, whatever options it is given.
class Hidden {
public:
  explicit Hidden(const Settings &settings) : settings_(settings) {}

  // Empty: it is shown.
  std::string because(StageKind kind, std::string_view key) {
    const std::string word(to_string(kind));
    const auto &options = options_of(kind);
    if (!options)
      return "the " + word + " that could tell whether it is a secret can't be loaded";
    for (const auto &option : *options)
      if (option["name"] == key)
        return option["secret"].get<bool>() ? "a secret" : "";
    return "the " + word + " has no such option";
  }

private:
  using Options = std::optional<nlohmann::ordered_json>; // nullopt: it can't be loaded

  const Options &options_of(StageKind kind) {
    const auto known = options_.find(kind);
    if (known != options_.end())
      return known->second;
    try {
      return options_[kind] = facts_of(settings_, kind)["options"];
    } catch (const StartupError &) {
      return options_[kind] = std::nullopt;
    }
  }

  const Settings &settings_;
  std::map<StageKind, Options> options_;
};

} // namespace

void show_config(const CommandLine &command, std::ostream &out) {
  Settings filled = command.settings;
  filled.connection = with_context(filled.connection);
  Hidden hidden(command.settings);
  out << config_text(command, filled, [&](std::string_view flag, std::string_view key) {
    return hidden.because(flag == "decoder-opt"  ? StageKind::decoder
                          : flag == "writer-opt" ? StageKind::writer
                                                 : StageKind::store,
                          key);
  });
}

} // namespace jetcapture::host
