#include "plugins/catalog.hpp"

#include "jetcapture/abi.h"
#include "settings/error.hpp"
#include "settings/values.hpp"
#include "strings/strings.hpp"

#include <algorithm>
#include <iterator>

namespace jetcapture::host {
namespace {

namespace fs = std::filesystem;

std::string quoted(StageKind kind, const std::string &name) {
  return std::string(to_string(kind)) + " \"" + name + '"';
}

std::string joined_stages(const std::vector<StageFile> &stages) {
  return joined(stages, " and ", [](const StageFile &stage) { return quoted(stage.kind, stage.name); });
}

[[noreturn]] void refuse_abi(const StageFile &stage) {
  throw StartupError(
      quoted(stage.kind, stage.name) + " in " + stage.file.string() + " is built for plug-in ABI " +
      std::to_string(stage.abi_major) + ", this host speaks ABI " + std::to_string(JETCAPTURE_ABI_MAJOR) +
      (stage.abi_major > JETCAPTURE_ABI_MAJOR ? "; update jetcapture, or rebuild the plug-in with this version's SDK"
                                              : "; rebuild the plug-in with this version's SDK"));
}

// One of them for this host's ABI, all of the same kind and name. Throws where there is none, or more than one.
StageFile only_one(const std::vector<StageFile> &stages) {
  std::vector<StageFile> usable;
  std::copy_if(stages.begin(), stages.end(), std::back_inserter(usable),
               [](const StageFile &stage) { return stage.abi_major == JETCAPTURE_ABI_MAJOR; });
  if (usable.empty())
    refuse_abi(stages.front());
  const StageFile &first = usable.front();
  const bool kind_has_flag = first.kind != StageKind::reader;
  if (usable.size() > 1)
    throw StartupError(quoted(first.kind, first.name) + " is in two files, " + first.file.string() + " and " +
                       usable[1].file.string() + "; remove one of them" +
                       (kind_has_flag ? ", or name the file that you mean: --" + std::string(to_string(first.kind)) +
                                            " " + first.file.string()
                                      : ""));
  return first;
}

StageFile in_file(StageKind kind, const std::string &file, bool allow_writable) {
  const std::vector<StageFile> all = stages_of_file(file, allow_writable);
  std::vector<StageFile> of_kind;
  std::copy_if(all.begin(), all.end(), std::back_inserter(of_kind),
               [&](const StageFile &stage) { return stage.kind == kind; });
  if (of_kind.empty())
    throw StartupError(file + " has no " + std::string(to_string(kind)) + "; it holds " + joined_stages(all));
  const bool several = std::any_of(of_kind.begin(), of_kind.end(),
                                   [&](const StageFile &stage) { return stage.name != of_kind.front().name; });
  if (several)
    throw StartupError(file + " holds " + joined_stages(of_kind) +
                       "; name one of them, with the file's folder as --plugin-dir");
  return only_one(of_kind);
}

} // namespace

StageFile find_stage(const std::vector<fs::path> &folders, StageKind kind, const std::string &name,
                     bool allow_writable) {
  if (name.find('/') != std::string::npos)
    return in_file(kind, name, allow_writable);

  const Catalog catalog = search_folders(folders, allow_writable);
  std::vector<StageFile> found;
  std::vector<std::string> names;
  for (const StageFile &stage : catalog.stages) {
    if (stage.kind != kind)
      continue;
    names.push_back(stage.name);
    if (stage.name == name)
      found.push_back(stage);
  }
  if (!found.empty())
    return only_one(found);

  for (const UnusableFile &file : catalog.unusable)
    if (file.file.stem() == name)
      throw StartupError(quoted(kind, name) + " can't be used: " + file.file.string() + " " + file.reason);
  // A folder that can't be searched explains a stage that is not found.
  for (const UnusableFile &file : catalog.unusable)
    if (std::find(folders.begin(), folders.end(), file.file) != folders.end())
      throw StartupError(quoted(kind, name) + " was not found: the folder " + file.file.string() + " " + file.reason);
  for (const StageFile &stage : catalog.stages)
    if (stage.name == name && stage.kind != StageKind::reader) // which no flag names
      throw StartupError(quoted(kind, name) + " was not found; " + name + " is a " +
                         std::string(to_string(stage.kind)) + ": --" + std::string(to_string(stage.kind)) + " " + name);
  const std::string meant = nearest(name, names);
  throw StartupError(
      quoted(kind, name) + " was not found in " + joined(catalog.folders, " and ", &fs::path::native) +
      (meant.empty() ? "; name the folder of its plug-in with --plugin-dir" : "; did you mean \"" + meant + "\"?"));
}

} // namespace jetcapture::host
