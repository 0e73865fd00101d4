// The folders below the root. Every step is taken by name from the folder before it and follows no symbolic link, so
// nothing, not even a link that somebody puts there meanwhile, leads out of the root.
#pragma once

#include "file/descriptor.hpp"
#include "file/durable_paths.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace jetcapture::plugins {

// Rights for what is made. exact: also against the umask.
struct Mode {
  mode_t bits;
  bool exact;
};

// The folder of that name in parent, made where it is missing. made: the parent was, so this one hardly is there; then,
// this one was. path: for what is thrown, Retry or Misconfigured.
Descriptor open_or_make_step(int parent, const std::string &name, const std::string &path, Mode mode, bool &made);

// Makes the directory's entries durable. Throws Retry. Where a file system can't sync a directory, it has nothing to
// wait for.
void sync_folder(int folder, std::string_view path);

// The names in a folder, in any order, without "." and "..". Throws Retry or Misconfigured.
std::vector<std::string> entries_of(int folder, const std::string &path);

// The first names in the order of their bytes, up to most, of those that are wanted. A folder's name has a slash
// behind it; links have none. Memory is that of most names. Throws Retry or Misconfigured.
std::vector<std::string> first_entries(int folder, const std::string &path, std::size_t most,
                                       const std::function<bool(std::string_view name)> &wanted);

// The folder that stood at the root's path. While it is open, no other folder has its number.
struct Root {
  Descriptor folder;
  dev_t device = 0;
  ino_t number = 0;

  bool is_same(dev_t other_device, ino_t other_number) const {
    return device == other_device && number == other_number;
  }
};

// Any thread. The root may be moved away or removed while the store runs, and another folder come in its place: each
// call works on the folder that stands at the root's path then. The root is made at the start alone: a root that went
// may be the mount point of a disk that went, and the disk below it must not be filled.
class Folders {
public:
  // Opens root; make: makes it, and those above it, where they are missing. Throws Misconfigured when it is no folder.
  Folders(const std::string &root, bool make, Mode mode);

  const std::string &root() const { return root_; } // absolute
  Mode mode() const { return mode_; }               // of folders that are made
  // The folder at the root's path now. Throws Retry where there is none, or Misconfigured.
  Root open_root() const;
  // Throws Retry where another folder, or none, stands at the root's path by now.
  void check_root(const Root &root) const;
  std::string path_of(const std::vector<std::string> &parts) const;

  // Throws Retry or Misconfigured.
  // nullopt: there is none.
  std::optional<Descriptor> open(const std::vector<std::string> &parts) const;

  // The way to a folder below a root, which it must not outlive.
  class Opened {
  public:
    int folder() const { return steps_.empty() ? root_ : steps_.back().folder.get(); }
    const std::string &path() const { return path_; }

  private:
    friend Folders;
    struct Step {
      Descriptor folder;         // also of the one above a step that may vanish, and of the last one
      std::size_t path_size = 0; // of its path, with which path_ begins
      bool may_vanish = false;   // it has to be synced so that it is still there after a power failure
    };
    int root_ = -1;
    std::string path_;
    std::vector<Step> steps_;
  };
  // Makes what is missing, which is durable after make_durable() alone. That comes last: one sync of a file or a folder
  // writes most of what the next ones would.
  Opened open_or_make(const Root &root, const std::vector<std::string> &parts);
  void make_durable(const Root &root, const Opened &opened);

private:
  // made: a moment ago, whatever was known of that path before.
  bool may_vanish(std::string_view path, bool made);
  void forget_another_root(const Root &root);

  std::string root_;
  Mode mode_;
  std::mutex mutex_;
  Root known_root_; // below which durable_ holds
  DurablePaths durable_;
};

} // namespace jetcapture::plugins
