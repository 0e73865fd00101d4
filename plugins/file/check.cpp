#include "file/check.hpp"

#include "file/object_path.hpp"
#include "file/system_error.hpp"
#include "jetcapture/plugin.hpp"

#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t one_page = 4096;

// Where a file system has no files without a name: what it says of itself.
void ask_file_system(int folder, const std::string &path) {
  struct stat permissions {};
  struct statvfs found {};
  if (::faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) != 0 || ::fstat(folder, &permissions) != 0)
    fail(errno, "write below", path);
  // Where nobody may write, root may not either: /proc, say.
  if ((permissions.st_mode & 0222) == 0)
    fail(EACCES, "write below", path);
  if (::fstatvfs(folder, &found) == 0 && found.f_blocks > 0 && found.f_bavail == 0)
    fail(ENOSPC, "write below", path);
}

} // namespace

std::string nearest_folder(const std::string &root) {
  std::filesystem::path path = std::filesystem::absolute(root).lexically_normal();
  struct stat found {};
  while (::stat(path.c_str(), &found) != 0) {
    if (errno != ENOENT || path == path.parent_path())
      fail(errno, "open the root", root);
    path = path.parent_path();
  }
  if (!S_ISDIR(found.st_mode))
    throw Misconfigured("can't make the root " + root + ": " + path.string() + " is a file; give another root");
  return path.string();
}

void check_room(const Folders &folders) {
  // Files begin their lives in a folder of their own, once there is one.
  const Descriptor root = folders.open_root().folder;
  Descriptor folder(
      ::openat(root.get(), std::string(unfinished_folder).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const int target = folder ? folder.get() : root.get();
  // A file without a name: it is gone with its descriptor.
  const Descriptor file(::openat(target, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file) {
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
      fail(errno, "write below", folders.root());
    ask_file_system(target, folders.root());
    return;
  }
  const std::array<char, one_page> page{};
  if (::write(file.get(), page.data(), page.size()) != static_cast<ssize_t>(page.size()))
    fail(errno, "write below", folders.root());
}

} // namespace jetcapture::plugins
