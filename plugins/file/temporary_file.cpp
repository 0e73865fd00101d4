#include "file/temporary_file.hpp"

#include "file/object_path.hpp"
#include "file/system_error.hpp"
#include "jetcapture/plugin.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace jetcapture::plugins {

namespace {

const std::string folder_name(unfinished_folder);

std::string random_name() {
  std::uint64_t numbers[2];
  if (::getrandom(numbers, sizeof numbers, 0) != static_cast<ssize_t>(sizeof numbers))
    throw Retry("no random bytes for the name of an unfinished file");
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(numbers[0]),
                static_cast<unsigned long long>(numbers[1]));
  return text;
}

Descriptor open_unfinished(const Folders &folders, int root, bool make) {
  const std::string path = folders.path_of({folder_name});
  const auto open = [root] {
    return Descriptor(::openat(root, folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  };
  Descriptor folder = open();
  if (!folder && make && errno == ENOENT) {
    if (::mkdirat(root, folder_name.c_str(), 0777) != 0 && errno != EEXIST)
      fail(errno, "make the folder", path);
    folder = open();
  }
  if (!folder && (make || errno != ENOENT))
    fail(errno, "open the folder", path);
  return folder;
}

bool is_held_by_a_process(int file) {
  return ::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

} // namespace

TemporaryFile::TemporaryFile(const Folders &folders, const Descriptor &root, Mode mode)
    : name_(random_name()), path_(folders.path_of({folder_name, name_})),
      folder_(open_unfinished(folders, root.get(), true)),
      file_(::openat(folder_.get(), name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode.bits)) {
  if (!file_)
    fail(errno, "make the file", path_);
  // Where locks are not to be had, another store's start may take the file away: publish() then fails, and the host
  // comes again.
  ::flock(file_.get(), LOCK_EX | LOCK_NB);
  if (mode.exact && ::fchmod(file_.get(), mode.bits) != 0) {
    const int error = errno;
    ::unlinkat(folder_.get(), name_.c_str(), 0);
    fail(error, "set the permissions of", path_);
  }
}

TemporaryFile::~TemporaryFile() {
  if (!published_)
    ::unlinkat(folder_.get(), name_.c_str(), 0);
}

void TemporaryFile::publish(int folder, const std::string &name, const std::string &folder_path) {
  if (::fsync(file_.get()) != 0)
    fail(errno, "sync", folder_path + "/" + name);
  if (::renameat(folder_.get(), name_.c_str(), folder, name.c_str()) != 0) {
    if (errno == EXDEV)
      throw Misconfigured(folder_path +
                          " is on another file system than the root; give each file system a store of its own");
    fail(errno, "put the finished file at", folder_path + "/" + name);
  }
  published_ = true;
  sync_folder(folder, folder_path);
}

unsigned remove_leftovers(const Folders &folders) {
  const Descriptor root = folders.open_root();
  const Descriptor folder = open_unfinished(folders, root.get(), false);
  if (!folder)
    return 0;
  unsigned removed = 0;
  for (const std::string &name : entries_of(folder.get(), folders.path_of({folder_name}))) {
    const Descriptor file(::openat(folder.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || is_held_by_a_process(file.get()))
      continue;
    if (::unlinkat(folder.get(), name.c_str(), 0) == 0)
      removed++;
  }
  return removed;
}

} // namespace jetcapture::plugins
