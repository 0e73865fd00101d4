#include "settings/config_value.hpp"
#include "settings/error.hpp"
#include "settings/file_text.hpp"
#include "settings/given.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

namespace jetcapture::host {
namespace {

constexpr std::array<std::string_view, 3> stage_sections = {"decoder", "writer", "store"};

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? ""
                                         : std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::string whole_file(const std::string &file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw StartupError("the file of --config, " + file + ", is a folder");
  const auto text = file_text(file);
  if (!text)
    throw StartupError("the file of --config, " + file + ", can't be read; check its path and its permissions");
  return text->starts_with("\xEF\xBB\xBF") ? text->substr(3) : *text;
}

std::vector<std::string> section_names() {
  std::vector<std::string> names(stage_sections.begin(), stage_sections.end());
  for (const Flag &flag : flags())
    names.emplace_back(to_string(flag.group));
  return names;
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const Flag &flag : flags())
    if (flag.kind != FlagKind::command)
      names.emplace_back(flag.name);
  return names;
}

struct Line {
  const std::string &file;
  std::size_t number;
  std::string where() const { return file + ", line " + std::to_string(number); }
};

// One setting of the file as what was given, its section resolved.
Given resolve(const Line &line, const std::string &full_key, std::string value) {
  const std::size_t dot = full_key.find('.');
  const std::string section = dot == std::string::npos ? "" : full_key.substr(0, dot);
  const std::string key = dot == std::string::npos ? full_key : full_key.substr(dot + 1);
  const std::string where = line.where() + ": " + key;
  const std::vector<std::string> sections = section_names();
  if (!section.empty() && std::find(sections.begin(), sections.end(), section) == sections.end())
    throw StartupError(line.where() + ": there is no section [" + section + "]" + suggestion(section, sections));
  if (std::find(stage_sections.begin(), stage_sections.end(), section) != stage_sections.end()) {
    if (key == "name")
      return {find_flag(section), std::move(value), Source::file, where};
    return {find_flag(section + "-opt"), key + "=" + value, Source::file, where};
  }
  const Flag *flag = find_flag(key);
  if (flag == nullptr || flag->kind == FlagKind::command)
    throw StartupError(line.where() + ": unknown setting \"" + key + "\"" + suggestion(key, key_names()));
  if (value.empty())
    throw StartupError(where + " has no value; give one, or remove the line");
  return {flag, std::move(value), Source::file, where};
}

// The name of the section that a line begins.
std::string section_of(const Line &line, std::string_view text) {
  const std::string name = trimmed(text.substr(0, comment_begin(text)));
  if (!name.ends_with(']'))
    throw StartupError(line.where() + " begins a section without its ]");
  return trimmed(std::string_view(name).substr(1, name.size() - 2));
}

// section: where the line stands, empty at the top.
Given setting_of(const Line &line, const std::string &section, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || comment_begin(text) < equals)
    throw StartupError(line.where() + " has no \"=\"; settings are written as max-age = 15m");
  const std::string key = trimmed(text.substr(0, equals));
  try {
    return resolve(line, section.empty() ? key : section + "." + key, read_config_value(text.substr(equals + 1)));
  } catch (const ConfigValueError &error) {
    throw StartupError(line.where() + ": " + key + ": " + error.what());
  }
}

void add_setting(Given setting, std::vector<Given> &given) {
  if (setting.flag->kind != FlagKind::list) {
    given.push_back(std::move(setting));
    return;
  }
  for (std::string &item : split(setting.value, setting.flag->details.separator))
    given.push_back({setting.flag, std::move(item), Source::file, setting.where});
}

} // namespace

std::vector<Given> read_config_file(const std::string &file) {
  std::vector<Given> given;
  std::istringstream input(whole_file(file));
  std::string section;
  Line line{file, 0};
  for (std::string raw; std::getline(input, raw);) {
    line.number++;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r'; };
    if (std::any_of(raw.begin(), raw.end(), control))
      throw StartupError(line.where() + " has a control character; the file of --config must be text");
    const std::string text = trimmed(raw);
    if (text.empty() || comment_begin(text) == 0)
      continue;
    if (text.front() == '[')
      section = section_of(line, text);
    else
      add_setting(setting_of(line, section, text), given);
  }
  return given;
}

} // namespace jetcapture::host
