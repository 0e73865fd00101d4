#include "tools/tools.hpp"

#include "jetcapture/abi.h"
#include "plugins/searched_folders.hpp"
#include "settings/command_line.hpp"
#include "settings/error.hpp"
#include "settings/help_text.hpp"
#include "strings/strings.hpp"
#include "tools/arguments.hpp"
#include "tools/plugins/stage_facts.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <set>
#include <utility>

#include <unistd.h>

namespace jetcapture::host {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<ToolFlag, 1> tool_flags = {{{"json", "", "print them as JSON"}}};
constexpr std::array<std::string_view, 2> host_flags = {"plugin-dir", "allow-writable-plugins"};
constexpr ToolHelp help = {
    "jetcapture plugins [NAME|FILE.so …]",
    "Lists the decoders, writers, stores and readers that were found, and the files that can't be used, with the "
    "reason. For a "
    "name or a file, it shows everything about that plug-in: its options with types and defaults, and an example.",
    tool_flags, "It also takes the flags --plugin-dir FOLDER (repeatable) and --allow-writable-plugins of a capture."};

// What the stage's description says; or, where its file can't be loaded or its description is broken, the reason in
// "unusable". hanging: files that did not load in time; the other stages of such a file are not waited for again.
Json facts_or_reason(const StageFile &stage, std::size_t columns, std::set<std::filesystem::path> &hanging) {
  if (stage.abi_major != JETCAPTURE_ABI_MAJOR)
    return {{"kind", to_string(stage.kind)},
            {"name", stage.name},
            {"file", stage.file.string()},
            {"unusable", "is built for plug-in ABI " + std::to_string(stage.abi_major) + ", this host speaks ABI " +
                             std::to_string(JETCAPTURE_ABI_MAJOR)}};
  StageLook look = look_at(stage, columns);
  if (look.end.how == ChildEnd::How::timed_out)
    hanging.insert(stage.file);
  if (!look.facts.is_null())
    return std::move(look.facts);
  return {
      {"kind", to_string(stage.kind)}, {"name", stage.name}, {"file", stage.file.string()}, {"unusable", look.why()}};
}

std::string list_of(const Json &texts) {
  return joined(texts.get<std::vector<std::string>>());
}

// One line a stage, in columns.
void print_list(const Json &found, std::ostream &out) {
  std::size_t name_width = 0;
  for (const Json &stage : found["stages"])
    name_width = std::max(name_width, stage["name"].get<std::string>().size());
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
  };
  for (const Json &stage : found["stages"]) {
    const std::string indent(9 + name_width + 1, ' ');
    out << padded(stage["kind"], 8) << ' ' << padded(stage["name"], name_width) << ' ';
    out << stage["version"].get<std::string>() << "  " << stage["summary"].get<std::string>() << '\n';
    const Json &payloads = stage.contains("produces") ? stage["produces"] : stage.value("accepts", Json::array());
    out << indent << "ABI " << stage["abi"].get<std::string>();
    if (!payloads.empty())
      out << (stage.contains("produces") ? ", produces " : ", accepts ") << list_of(payloads);
    out << ", " << stage["file"].get<std::string>() << '\n';
  }
  for (const Json &file : found["unusable"])
    out << "unusable " << file["file"].get<std::string>() << ": " << file["reason"].get<std::string>() << '\n';
  if (found["stages"].empty() && found["unusable"].empty())
    out << "No plug-ins in " << list_of(found["folders"]) << "; name their folder with --plugin-dir\n";
}

void print_stage(const Json &facts, std::ostream &out) {
  out << facts["help"].get<std::string>() << "ABI " << facts["abi"].get<std::string>() << ", file "
      << facts["file"].get<std::string>() << '\n';
  if (facts.contains("suffix"))
    out << "Files end with " << facts["suffix"].get<std::string>() << ", content type "
        << facts["content_type"].get<std::string>() << '\n';
  out << "Example: " << facts["example"].get<std::string>() << '\n';
}

// The stages with that name, or in that file. Throws StartupError where there is none.
std::vector<StageFile> named(const Catalog &catalog, const std::string &name, bool allow_writable) {
  if (name.find('/') != std::string::npos || name.ends_with(".so"))
    return stages_of_file(name, allow_writable);
  std::vector<StageFile> stages;
  for (const StageFile &stage : catalog.stages)
    if (stage.name == name)
      stages.push_back(stage);
  // Says what is wrong, and which name is near.
  if (stages.empty())
    for (const StageKind kind : stage_kinds) {
      const bool last = kind == stage_kinds.back();
      try {
        static_cast<void>(find_stage(catalog.folders, kind, name, allow_writable));
      } catch (const StartupError &error) {
        if (last || std::string_view(error.what()).find("did you mean") != std::string_view::npos)
          throw;
      }
    }
  return stages;
}

} // namespace

int list_plugins(const std::vector<std::string> &arguments, const char *const *environment) {
  const ToolArguments given(help, host_flags, arguments);
  if (given.wants_help()) {
    print_tool_help(help, std::cout, help_columns(STDOUT_FILENO));
    return 0;
  }
  const Settings settings = read_command_line(given.rest(), environment, Purpose::listing).settings;
  const bool allow_writable = settings.allow_writable_plugins;
  const Catalog catalog = search_folders(folders_of(settings), allow_writable);

  std::vector<StageFile> wanted = given.plain().empty() ? catalog.stages : std::vector<StageFile>();
  for (const std::string &name : given.plain())
    for (StageFile &stage : named(catalog, name, allow_writable))
      wanted.push_back(std::move(stage));

  Json found = {{"folders", Json::array()}, {"stages", Json::array()}, {"unusable", Json::array()}};
  for (const auto &folder : catalog.folders)
    found["folders"].push_back(folder.string());
  const std::size_t columns = given.has("json") ? usual_help_columns : help_columns(STDOUT_FILENO);
  std::set<std::filesystem::path> hanging;
  for (const StageFile &stage : wanted) {
    if (hanging.contains(stage.file))
      continue;
    Json facts = facts_or_reason(stage, columns, hanging);
    if (facts.contains("unusable"))
      found["unusable"].push_back({{"file", facts["file"]}, {"reason", facts["unusable"]}});
    else
      found["stages"].push_back(std::move(facts));
  }
  if (given.plain().empty())
    for (const UnusableFile &file : catalog.unusable)
      found["unusable"].push_back({{"file", file.file.string()}, {"reason", file.reason}});

  if (given.has("json"))
    std::cout << found.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  else if (given.plain().empty())
    print_list(found, std::cout);
  else
    for (const Json &facts : found["stages"])
      print_stage(facts, std::cout);
  if (given.plain().empty() || found["unusable"].empty())
    return 0;
  if (!given.has("json"))
    for (const Json &file : found["unusable"])
      std::cerr << "jetcapture: " << file["file"].get<std::string>() << " " << file["reason"].get<std::string>()
                << '\n';
  return 1;
}

void print_stage_help(const Settings &settings, std::ostream &out, std::size_t columns) {
  for (const auto &[kind, choice] : {std::pair{StageKind::decoder, &settings.decoder},
                                     {StageKind::writer, &settings.writer},
                                     {StageKind::store, &settings.store}})
    if (!choice->name.empty())
      out << facts_of(settings, kind, columns)["help"].get<std::string>();
}

} // namespace jetcapture::host
