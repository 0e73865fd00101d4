#include "settings/config_text.hpp"

#include "settings/config_value.hpp"

#include <algorithm>
#include <array>

namespace jetcapture::host {
namespace {

constexpr std::size_t source_column = 44;
constexpr std::array<std::string_view, 3> stage_names = {"decoder", "writer", "store"};

// A setting, or a comment in its place, with its source.
std::string line_of(std::string text, const std::string &source) {
  text.resize(std::max(text.size() + 1, source_column), ' ');
  return text + "# " + source + '\n';
}

std::string source_of(const Given &given) {
  const std::size_t key = given.source == Source::file ? given.where.rfind(": ") : std::string::npos;
  return given.where.substr(0, key);
}

std::string setting_line(const std::string &key, const std::string &value, const std::string &source) {
  return line_of(key + " = " + config_value_text(value), source);
}

std::string hidden_line(const std::string &key, const std::string &source) {
  return line_of("# " + key + " = …", source);
}

bool has_credentials(const Given &given) {
  return given.flag->name == "server" && given.value.find('@') != std::string::npos;
}

// The part of a URL that may be shown.
std::string without_credentials(const std::string &url) {
  const std::size_t scheme = url.find("://");
  return (scheme == std::string::npos ? "" : url.substr(0, scheme + 3)) + "…" + url.substr(url.rfind('@'));
}

std::string given_line(const Given &given) {
  const std::string key(given.flag->name);
  const std::string source = source_of(given);
  if (given.flag->kind == FlagKind::secret)
    return hidden_line(key, source + "; a secret");
  if (has_credentials(given))
    return line_of("# " + key + " = " + without_credentials(given.value), source + "; it has a password");
  return setting_line(key, given.value, source);
}

std::string default_line(const Flag &flag) {
  const Settings defaults;
  // A switch's default is false; what else has no default shows none.
  const std::string shown =
      flag.details.shown_default.empty() ? value_text(flag, defaults) : std::string(flag.details.shown_default);
  return line_of("# " + std::string(flag.name) + " = " + shown, "default");
}

// A setting that a context of the nats tool gave.
std::string context_line(const Flag &flag, const CommandLine &command, const Settings &filled) {
  const std::string value = value_text(flag, filled);
  const std::string source = "context " + command.settings.connection.context;
  return line_of("# " + std::string(flag.name) + " = " +
                     (value.find('@') != std::string::npos ? without_credentials(value) : value),
                 source);
}

bool is_key(std::string_view text) {
  return !text.empty() && text != "name" && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string stage_section(std::string_view stage, const CommandLine &command, const HiddenOption &hidden) {
  std::string section = "\n[" + std::string(stage) + "]\n";
  std::string others; // options whose keys a section can't hold
  bool named = false;
  for (const Given &given : command.given) {
    if (given.flag->name == stage) {
      section += setting_line("name", given.value, source_of(given));
      named = true;
    }
    if (given.flag->kind != FlagKind::stage_options || !given.flag->name.starts_with(stage))
      continue;
    const std::size_t equals = std::min(given.value.find('='), given.value.size());
    const std::string key = given.value.substr(0, equals);
    const std::string value = equals == given.value.size() ? "" : given.value.substr(equals + 1);
    const std::string reason = value.starts_with('@') ? "" : hidden(given.flag->name, key);
    if (!reason.empty())
      section += hidden_line(config_value_text(key), source_of(given) + "; " + reason);
    else if (is_key(key))
      section += setting_line(key, value, source_of(given));
    else
      others += setting_line(std::string(given.flag->name), given.value, source_of(given));
  }
  if (!named)
    section += line_of("# name =", "missing");
  return others.empty() ? section : section + "\n[stages]\n" + others;
}

} // namespace

std::string config_text(const CommandLine &command, const Settings &filled, const HiddenOption &hidden) {
  std::string text = "# The settings and where each came from: a flag, a variable, a line of a file, or the default.\n"
                     "# Commented lines set nothing.\n";
  const Flag *previous = nullptr;
  for (const Flag &flag : flags()) {
    const bool of_stage = flag.kind == FlagKind::stage_options ||
                          std::find(stage_names.begin(), stage_names.end(), flag.name) != stage_names.end();
    if (flag.kind == FlagKind::command || of_stage)
      continue;
    if (previous == nullptr || previous->group != flag.group)
      text += "\n[" + std::string(to_string(flag.group)) + "]\n";
    previous = &flag;
    bool found = false;
    for (const Given &given : command.given)
      if (given.flag == &flag) {
        text += given_line(given);
        found = true;
      }
    const bool from_context = value_text(flag, filled) != value_text(flag, command.settings);
    if (!found && from_context && flag.kind != FlagKind::secret_file)
      text += context_line(flag, command, filled);
    else if (!found && flag.kind != FlagKind::secret && flag.kind != FlagKind::secret_file)
      text += default_line(flag);
  }
  for (const std::string_view stage : stage_names)
    text += stage_section(stage, command, hidden);
  return text;
}

} // namespace jetcapture::host
