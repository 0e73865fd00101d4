// A temporary folder that goes with its object, and what tests ask of files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace jetcapture::test {

class Folder {
public:
  Folder();
  ~Folder();
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  const std::filesystem::path &path() const { return path_; }
  std::string operator/(const std::string &name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

// While it lives, new folders are in memory where the machine has a place for that: many thousands of files or fsyncs
// take minutes on a disk.
class FoldersInMemory {
public:
  FoldersInMemory();
  ~FoldersInMemory();
  FoldersInMemory(const FoldersInMemory &) = delete;
  FoldersInMemory &operator=(const FoldersInMemory &) = delete;

private:
  const std::string before_;
};

std::string read_file(const std::filesystem::path &file);
void write_file(const std::filesystem::path &file, const std::string &text);
// All regular files below, relative, sorted.
std::vector<std::string> files_below(const std::filesystem::path &folder);
// The same of a backup, without its manifests.
std::vector<std::string> blocks_below(const std::filesystem::path &folder);
std::string gunzip(const std::string &packed);

} // namespace jetcapture::test
