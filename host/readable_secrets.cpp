#include "readable_secrets.hpp"

#include "settings/error.hpp"
#include "tools/plugins/stage_facts.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace jetcapture::host {

namespace {

std::optional<StageKind> stage_of(const Flag &flag) {
  for (const StageKind kind : {StageKind::decoder, StageKind::writer, StageKind::store})
    if (flag.name == std::string(to_string(kind)) + "-opt")
      return kind;
  return std::nullopt;
}

// "@file" names the file that has the secret.
bool is_secret_option(const Settings &settings, StageKind kind, std::string_view option) {
  const std::string_view key = option.substr(0, option.find('='));
  if (option.substr(key.size()).starts_with("=@"))
    return false;
  try {
    const auto facts = facts_of(settings, kind);
    for (const auto &known : facts["options"])
      if (known["name"] == key)
        return known["secret"].get<bool>();
  } catch (const StartupError &) {
    return false;
  }
  return false;
}

bool is_secret(const Settings &settings, const Given &given) {
  if (given.flag->kind == FlagKind::stage_options)
    return is_secret_option(settings, *stage_of(*given.flag), given.value);
  return given.flag->kind == FlagKind::secret ||
         (given.flag->name == "server" && given.value.find('@') != std::string::npos);
}

} // namespace

std::vector<std::string> readable_secrets(const CommandLine &command) {
  const auto config = std::find_if(command.given.begin(), command.given.end(),
                                   [](const Given &given) { return given.flag->name == "config"; });
  if (config == command.given.end())
    return {};
  const std::string &file = config->value;
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (!std::filesystem::is_regular_file(status) ||
      (status.permissions() & std::filesystem::perms::others_read) == std::filesystem::perms::none)
    return {};
  std::vector<std::string> sentences;
  for (const Given &given : command.given)
    if (given.source == Source::file && is_secret(command.settings, given))
      sentences.push_back(given.where + " is a secret, and every user can read the file: chmod o-r " + file);
  return sentences;
}

} // namespace jetcapture::host
