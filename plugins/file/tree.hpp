// The folders below the root. Every step is taken by name from the folder before it and follows no symbolic link, so
// nothing, not even a link that somebody puts there meanwhile, leads out of the root.
#pragma once

#include "file/descriptor.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <sys/types.h>

namespace jetcapture::plugins {

// Rights for what is made. exact: also against the umask.
struct Mode {
  mode_t bits;
  bool exact;
};

// Makes the directory's entries durable. Throws Retry. Where a file system can't sync a directory, it has nothing to
// wait for.
void sync_folder(int folder, const std::string &path);

// The names in a folder, in any order, without "." and "..". Throws Retry or Misconfigured.
std::vector<std::string> entries_of(int folder, const std::string &path);

// The first names in the order of their bytes, up to most, of those that are wanted. A folder's name has a slash
// behind it; links have none. Memory is that of most names. Throws Retry or Misconfigured.
std::vector<std::string> first_entries(int folder, const std::string &path, std::size_t most,
                                       const std::function<bool(std::string_view name)> &wanted);

// Any thread. The root may be moved away or removed while the store runs, and another folder come in its place: each
// call works on the folder that stands at the root's path then. The root is made at the start alone: a root that went
// may be the mount point of a disk that went, and the disk below it must not be filled.
class Folders {
public:
  // Opens root; make: makes it, and those above it, where they are missing. Throws Misconfigured when it is no folder.
  Folders(const std::string &root, bool make, Mode mode);

  const std::string &root() const { return root_; } // absolute
  // The folder at the root's path now. Throws Retry where there is none, or Misconfigured.
  Descriptor open_root() const;
  // Throws Retry where another folder, or none, stands at the root's path by now.
  void check_root(const Descriptor &root) const;
  std::string path_of(const std::vector<std::string> &parts) const;

  // Throws Retry or Misconfigured.
  // nullopt: there is none.
  std::optional<Descriptor> open(const std::vector<std::string> &parts) const;

  // A folder, and what has to be synced so that it is still there after a power failure.
  struct Opened {
    struct Entry {
      std::string path; // of a folder that may be new
      Descriptor parent;
      std::string parent_path;
    };
    Descriptor folder;
    std::vector<Entry> entries;
  };
  // Makes what is missing, which is durable after make_durable() alone. That comes last: one sync of a file or a folder
  // writes most of what the next ones would.
  Opened open_or_make(const Descriptor &root, const std::vector<std::string> &parts);
  void make_durable(const Descriptor &root, const Opened &opened);

private:
  // made: a moment ago, whatever was known of that path before.
  bool may_vanish(const std::string &path, bool made);
  void forget_another_root(const Descriptor &root);

  std::string root_;
  Mode mode_;
  std::mutex mutex_;
  Descriptor known_root_; // below which durable_ holds; open, so that its inode is not given to another folder
  std::unordered_set<std::string> durable_; // known to be; bounded
};

} // namespace jetcapture::plugins
