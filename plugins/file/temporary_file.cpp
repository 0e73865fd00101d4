#include "file/temporary_file.hpp"

#include "file/attributes.hpp"
#include "file/object_path.hpp"
#include "file/system_error.hpp"
#include "jetcapture/plugin.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

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

[[noreturn]] void fail_to_publish(int error, const std::string &path) {
  if (error == EXDEV)
    throw Misconfigured(path.substr(0, path.rfind('/')) +
                        " is on another file system than the root; give each file system a store of its own");
  fail(error, "put the finished file at", path);
}

// What has the name is an object, and nothing that is only in its way.
void check_is_file(int folder, const std::string &name, const std::string &path) {
  struct stat found {};
  if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0)
    fail(errno, "look at", path);
  if (!S_ISREG(found.st_mode))
    throw Misconfigured(path + " is no file; move it away");
}

Descriptor open_unfinished(const Folders &folders, int root, bool make) {
  Descriptor folder(::openat(root, folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder && errno != ENOENT)
    fail(errno, "open the folder", folders.path_of({folder_name}));
  if (folder || !make)
    return folder;
  bool made = false;
  return open_or_make_step(root, folder_name, folders.path_of({folder_name}), folders.mode(), made);
}

bool is_held_by_a_process(int file) {
  return ::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

// A store that starts takes away what no process has locked. Where it came between the making of this file and its
// lock, the file is made again. Where locks are not to be had, it may take the file away later: publish() then fails,
// and the host comes again.
Descriptor make_locked(const Folders &folders, int folder, const std::string &name, mode_t mode) {
  while (true) {
    Descriptor file(::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file)
      fail(errno, "make the file", folders.path_of({folder_name, name}));
    struct stat found {};
    if (::flock(file.get(), LOCK_EX) != 0 || ::fstat(file.get(), &found) != 0 || found.st_nlink > 0)
      return file;
  }
}

} // namespace

TemporaryFile::TemporaryFile(const Folders &folders, const Root &root, Mode mode)
    : name_(random_name()), folder_(open_unfinished(folders, root.folder.get(), true)),
      file_(make_locked(folders, folder_.get(), name_, mode.bits)) {
  if (mode.exact && ::fchmod(file_.get(), mode.bits) != 0) {
    const int error = errno;
    ::unlinkat(folder_.get(), name_.c_str(), 0);
    fail(error, "set the permissions of", folders.path_of({folder_name, name_}));
  }
}

TemporaryFile::~TemporaryFile() {
  if (!published_)
    ::unlinkat(folder_.get(), name_.c_str(), 0);
}

// The lock comes before the name, by which a store that starts may find the file.
bool TemporaryFile::become(int descriptor, std::uint64_t bytes) {
  const std::string given = "/proc/self/fd/" + std::to_string(descriptor);
  Descriptor file(::open(given.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 0 ||
      static_cast<std::uint64_t>(found.st_size) != bytes || !make_alike(file.get(), file_.get()))
    return false;
  ::flock(file.get(), LOCK_EX | LOCK_NB);
  std::string name = random_name();
  if (::linkat(AT_FDCWD, given.c_str(), folder_.get(), name.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return false;
  ::unlinkat(folder_.get(), name_.c_str(), 0);
  name_ = std::move(name);
  file_ = std::move(file);
  return true;
}

void TemporaryFile::publish(int folder, const std::string &name, const std::string &folder_path) {
  if (::fsync(file_.get()) != 0)
    fail(errno, "sync", folder_path + "/" + name);
  if (::renameat(folder_.get(), name_.c_str(), folder, name.c_str()) != 0)
    fail_to_publish(errno, folder_path + "/" + name);
  published_ = true;
  sync_folder(folder, folder_path);
}

bool TemporaryFile::publish_new(int folder, const std::string &name, const std::string &folder_path) {
  const std::string path = folder_path + "/" + name;
  if (::fsync(file_.get()) != 0)
    fail(errno, "sync", path);
  Given given = link_to(folder, name, path);
  if (given == Given::cannot)
    given = rename_to_new(folder, name, path);
  if (given == Given::cannot)
    throw Misconfigured("the file system of " + folder_path +
                        " can neither link files nor rename them without replacing; give a root on another one");
  if (given == Given::taken)
    check_is_file(folder, name, path);
  sync_folder(folder, folder_path);
  return given == Given::yes;
}

// The file keeps its unfinished name beside the new one, until the destructor takes that away.
TemporaryFile::Given TemporaryFile::link_to(int folder, const std::string &name, const std::string &path) {
  if (::linkat(folder_.get(), name_.c_str(), folder, name.c_str(), 0) == 0)
    return Given::yes;
  const int error = errno;
  if (error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK)
    return Given::cannot;
  if (error != EEXIST)
    fail_to_publish(error, path);
  // The answer of an NFS server may have been lost, and the question asked again: then the link is this file's own.
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0)
    fail(errno, "look at", path);
  return found.st_nlink == 2 ? Given::yes : Given::taken;
}

TemporaryFile::Given TemporaryFile::rename_to_new(int folder, const std::string &name, const std::string &path) {
  if (::renameat2(folder_.get(), name_.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0) {
    published_ = true;
    return Given::yes;
  }
  if (errno == EEXIST)
    return Given::taken;
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
    return Given::cannot;
  fail_to_publish(errno, path);
}

unsigned remove_leftovers(const Folders &folders) {
  const Root root = folders.open_root();
  const Descriptor folder = open_unfinished(folders, root.folder.get(), false);
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
