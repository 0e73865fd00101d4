// The stages that the plug-in folders hold, found by the symbols of the files, without running any of their code.
//
// Folders in order: --plugin-dir, JETCAPTURE_PLUGIN_PATH, the installed one (../lib/jetcapture beside the program's
// folder).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

enum class StageKind { decoder, writer, store, reader };
constexpr std::array<StageKind, 4> stage_kinds = {StageKind::decoder, StageKind::writer, StageKind::store,
                                                  StageKind::reader};
std::string_view to_string(StageKind kind);

// A stage that a file exports.
struct StageFile {
  StageKind kind;
  std::string name;
  unsigned abi_major; // of its symbol
  std::filesystem::path file;
};

// A file in a plug-in folder that can't be used, with the reason as a clause ("is not an ELF shared library").
struct UnusableFile {
  std::filesystem::path file;
  std::string reason;
};

struct Catalog {
  std::vector<std::filesystem::path> folders; // those searched, in order, also ones that do not exist
  std::vector<StageFile> stages; // sorted by kind and name; several ABI majors of one name are several entries
  std::vector<UnusableFile> unusable;
};

// The folders to search. program: the path of the running program (its real one).
std::vector<std::filesystem::path> plugin_folders(const std::vector<std::string> &from_flags,
                                                  const char *from_environment, const std::filesystem::path &program);

// Reads the symbols of one file. Throws StartupError with a sentence: no such file, a directory, not an ELF shared
// library of this machine, no stage in it, writable by others (unless allowed).
std::vector<StageFile> stages_of_file(const std::filesystem::path &file, bool allow_writable);

// Searches the folders. Never throws for a bad file: it goes to unusable. The same real file counts once.
Catalog search_folders(const std::vector<std::filesystem::path> &folders, bool allow_writable);

// The file that holds the stage. name with a slash: that very file, which must export exactly one stage of this kind.
// Throws StartupError: not found (with the nearest name of this kind, and the folders searched), the same stage in two
// files (both named), only for another ABI ("is built for ABI 2, this host speaks ABI 1: …"), an unusable file of that
// name.
StageFile find_stage(const std::vector<std::filesystem::path> &folders, StageKind kind, const std::string &name,
                     bool allow_writable);

} // namespace jetcapture::host
