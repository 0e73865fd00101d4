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

std::string read_file(const std::filesystem::path &file);
void write_file(const std::filesystem::path &file, const std::string &text);
// All regular files below, relative, sorted.
std::vector<std::string> files_below(const std::filesystem::path &folder);
// The same of a backup, without its manifests.
std::vector<std::string> blocks_below(const std::filesystem::path &folder);
std::string gunzip(const std::string &packed);

} // namespace jetcapture::test
