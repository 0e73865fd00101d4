#include "settings/error.hpp"
#include "settings/file_text.hpp"
#include "settings/given.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

namespace jetcapture::host {
namespace {

namespace po = boost::program_options;

// Boost takes every '#' as the start of a comment, also the one in "password = a#b": such a one travels as this byte.
constexpr char kept_hash = '\x01';

constexpr std::array<std::string_view, 3> stage_sections = {"decoder", "writer", "store"};

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? ""
                                         : std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::string without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); i++)
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
      return trimmed(line.substr(0, i));
  std::string text = trimmed(line);
  return text.starts_with(';') ? "" : text;
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

// The file as Boost's parser takes it, and the line number of each setting in it: the parser gives one option a
// setting, in order.
struct Prepared {
  std::stringstream text;
  std::vector<std::size_t> lines;
};

std::string at_line(const std::string &file, std::size_t line) {
  return file + ", line " + std::to_string(line);
}

void prepare(const std::string &file, Prepared &prepared) {
  std::istringstream input(whole_file(file));
  std::size_t number = 0;
  for (std::string raw; std::getline(input, raw);) {
    number++;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r'; };
    if (std::any_of(raw.begin(), raw.end(), control))
      throw StartupError(at_line(file, number) + " has a control character; the file of --config must be text");
    std::string line = without_comment(raw);
    if (line.empty())
      continue;
    if (line.front() == '[') {
      if (line.back() != ']')
        throw StartupError(at_line(file, number) + " begins a section without its ]");
    } else if (line.find('=') == std::string::npos) {
      throw StartupError(at_line(file, number) + " has no \"=\"; settings are written as max-age = 15m");
    } else {
      prepared.lines.push_back(number);
    }
    std::replace(line.begin(), line.end(), '#', kept_hash);
    prepared.text << line << '\n';
  }
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

// One setting of the file as what was given, its section resolved.
Given resolve(const std::string &file, std::size_t line, const std::string &full_key, std::string value) {
  const std::size_t dot = full_key.find('.');
  const std::string section = dot == std::string::npos ? "" : full_key.substr(0, dot);
  const std::string key = dot == std::string::npos ? full_key : full_key.substr(dot + 1);
  const std::string where = at_line(file, line) + ": " + key;
  const std::vector<std::string> sections = section_names();
  if (!section.empty() && std::find(sections.begin(), sections.end(), section) == sections.end())
    throw StartupError(at_line(file, line) + ": there is no section [" + section + "]" + suggestion(section, sections));
  if (std::find(stage_sections.begin(), stage_sections.end(), section) != stage_sections.end()) {
    if (key == "name")
      return {find_flag(section), std::move(value), Source::file, where};
    return {find_flag(section + "-opt"), key + "=" + value, Source::file, where};
  }
  const Flag *flag = find_flag(key);
  if (flag == nullptr || flag->kind == FlagKind::command)
    throw StartupError(at_line(file, line) + ": unknown setting \"" + key + "\"" + suggestion(key, key_names()));
  if (value.empty())
    throw StartupError(where + " has no value; give one, or remove the line");
  return {flag, std::move(value), Source::file, where};
}

} // namespace

std::vector<Given> read_config_file(const std::string &file) {
  Prepared prepared;
  prepare(file, prepared);
  const auto parsed = po::parse_config_file(prepared.text, po::options_description(), true);
  std::vector<Given> given;
  for (std::size_t i = 0; i < parsed.options.size(); i++) {
    std::string key = parsed.options[i].string_key;
    std::string value = parsed.options[i].value.empty() ? "" : parsed.options[i].value.front();
    std::replace(key.begin(), key.end(), kept_hash, '#');
    std::replace(value.begin(), value.end(), kept_hash, '#');
    Given setting = resolve(file, prepared.lines.at(i), key, std::move(value));
    if (setting.flag->kind != FlagKind::list) {
      given.push_back(std::move(setting));
      continue;
    }
    for (std::string &item : split(setting.value, setting.flag->details.separator))
      given.push_back({setting.flag, std::move(item), Source::file, setting.where});
  }
  return given;
}

} // namespace jetcapture::host
