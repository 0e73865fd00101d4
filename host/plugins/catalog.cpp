#include "plugins/catalog.hpp"

#include "plugins/exported_symbols.hpp"
#include "settings/error.hpp"
#include "settings/values.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <utility>

namespace jetcapture::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view symbol_prefix = "jetcapture_";
constexpr std::size_t longest_stage_name = 64;

std::optional<StageKind> take_kind(std::string_view &symbol) {
  for (const StageKind kind : stage_kinds) {
    const std::string_view word = to_string(kind);
    if (symbol.starts_with(word) && symbol.substr(word.size()).starts_with('_')) {
      symbol.remove_prefix(word.size() + 1);
      return kind;
    }
  }
  return std::nullopt;
}

bool is_stage_name(std::string_view name) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_lower(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_lower(c) || (c >= '0' && c <= '9') || c == '_';
  });
}

// jetcapture_(decoder|writer|store|reader)_MAJOR_NAME; nullopt: something else that begins like it.
std::optional<StageFile> stage_of_symbol(std::string_view symbol, const fs::path &file) {
  symbol.remove_prefix(symbol_prefix.size());
  const auto kind = take_kind(symbol);
  const std::size_t end_of_major = symbol.find('_');
  if (!kind || end_of_major == std::string_view::npos)
    return std::nullopt;
  const std::string_view digits = symbol.substr(0, end_of_major);
  const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto major = all_digits ? parse_integer(digits) : std::nullopt;
  const std::string_view name = symbol.substr(end_of_major + 1);
  if (!major || *major > 999'999 || !is_stage_name(name))
    return std::nullopt;
  if (name.size() > longest_stage_name)
    throw UnusableReason("exports a " + std::string(to_string(*kind)) + " with a name of " +
                         std::to_string(name.size()) + " bytes; " + std::to_string(longest_stage_name) +
                         " is the most");
  return StageFile{*kind, std::string(name), static_cast<unsigned>(*major), file};
}

bool writable_by_others(const fs::path &path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0;
}

// stat() before open(): opening a FIFO waits for its other end.
fs::path real_regular_file(const fs::path &file) {
  std::error_code error;
  const fs::file_status itself = fs::symlink_status(file, error);
  if (itself.type() == fs::file_type::not_found)
    throw UnusableReason("does not exist");
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found)
    throw UnusableReason("is a link to nothing");
  if (status.type() == fs::file_type::directory)
    throw UnusableReason("is a folder, not a file");
  if (status.type() == fs::file_type::none || status.type() == fs::file_type::unknown)
    throw UnusableReason("can't be read: " + error.message());
  if (status.type() != fs::file_type::regular)
    throw UnusableReason("is not a regular file");
  const fs::path real = fs::canonical(file, error);
  if (error)
    throw UnusableReason("can't be read: " + error.message());
  return real;
}

void refuse_writable(const fs::path &file, const fs::path &real) {
  static const std::string remedy = "; take the right away (chmod o-w), or allow it with --allow-writable-plugins";
  if (writable_by_others(real))
    throw UnusableReason("is writable by every user" + remedy);
  for (const fs::path &folder : {fs::absolute(file).parent_path(), real.parent_path()})
    if (writable_by_others(folder))
      throw UnusableReason("is in the folder " + folder.string() + ", which is writable by every user" + remedy);
}

// Throws UnusableReason.
std::vector<StageFile> read_stages(const fs::path &file, bool allow_writable) {
  const fs::path real = real_regular_file(file);
  if (!allow_writable)
    refuse_writable(file, real);
  std::vector<StageFile> stages;
  for (const ExportedSymbol &symbol : exported_symbols(real, symbol_prefix)) {
    auto stage = stage_of_symbol(symbol.name, real);
    if (stage && !symbol.is_object)
      throw UnusableReason("exports " + symbol.name + " as a function, where a description is expected");
    if (stage)
      stages.push_back(std::move(*stage));
  }
  if (stages.empty())
    throw UnusableReason(
        "holds no jetcapture stage: it exports no jetcapture_decoder_1_NAME, jetcapture_writer_1_NAME, "
        "jetcapture_store_1_NAME or jetcapture_reader_1_NAME");
  return stages;
}

// The same file under two names has the same device and inode.
using FileIdentity = std::pair<dev_t, ino_t>;
std::optional<FileIdentity> identity_of(const fs::path &file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

std::vector<fs::path> libraries_in(const fs::path &folder, Catalog &catalog) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (entry->path().extension() == ".so")
      files.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory)
    catalog.unusable.push_back({folder, "can't be searched: " + error.message()});
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

std::string_view to_string(StageKind kind) {
  switch (kind) {
  case StageKind::decoder:
    return "decoder";
  case StageKind::writer:
    return "writer";
  case StageKind::store:
    return "store";
  case StageKind::reader:
    return "reader";
  }
  return "stage";
}

std::vector<fs::path> plugin_folders(const std::vector<std::string> &from_flags, const char *from_environment,
                                     const fs::path &program) {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path &folder) {
    std::error_code error;
    fs::path absolute = fs::absolute(folder, error).lexically_normal();
    if (!absolute.has_filename())
      absolute = absolute.parent_path();
    if (std::find(folders.begin(), folders.end(), absolute) == folders.end())
      folders.push_back(std::move(absolute));
  };
  for (const std::string &folder : from_flags)
    add(folder);
  std::string_view rest = from_environment == nullptr ? "" : from_environment;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0)
      add(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  add(program.parent_path() / ".." / "lib" / "jetcapture");
  return folders;
}

std::vector<StageFile> stages_of_file(const fs::path &file, bool allow_writable) {
  try {
    return read_stages(file, allow_writable);
  } catch (const UnusableReason &reason) {
    throw StartupError(file.string() + " " + reason.what());
  }
}

Catalog search_folders(const std::vector<fs::path> &folders, bool allow_writable) {
  Catalog catalog;
  catalog.folders = folders;
  std::set<FileIdentity> seen;
  for (const fs::path &folder : folders) {
    for (const fs::path &file : libraries_in(folder, catalog)) {
      const auto identity = identity_of(file);
      if (identity && !seen.insert(*identity).second)
        continue;
      try {
        for (StageFile &stage : read_stages(file, allow_writable))
          catalog.stages.push_back(std::move(stage));
      } catch (const UnusableReason &reason) {
        catalog.unusable.push_back({file, reason.what()});
      }
    }
  }
  std::stable_sort(catalog.stages.begin(), catalog.stages.end(), [](const StageFile &a, const StageFile &b) {
    return std::tie(a.kind, a.name, a.abi_major) < std::tie(b.kind, b.name, b.abi_major);
  });
  return catalog;
}

} // namespace jetcapture::host
