#include "folder_check.hpp"

#include "settings/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace jetcapture::host {

namespace {

// Where a file system has no files without a name: what it says of itself.
int error_of_file_system(const std::filesystem::path &folder) {
  struct stat permissions {};
  struct statvfs found {};
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0 ||
      ::stat(folder.c_str(), &permissions) != 0 || ::statvfs(folder.c_str(), &found) != 0)
    return errno;
  // Where nobody may write, root may not either: /proc, say.
  if ((permissions.st_mode & 0222) == 0)
    return EACCES;
  return found.f_blocks > 0 && found.f_bavail == 0 ? ENOSPC : 0;
}

// Writes a page into a file without a name, which is gone with its descriptor. 0: that works.
int error_of_writing(const std::filesystem::path &folder) {
  const int file = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ? error_of_file_system(folder) : errno;
  const std::array<char, 4096> page{};
  const int error = ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()) ? 0 : errno;
  ::close(file);
  return error;
}

} // namespace

void check_folder(const std::filesystem::path &folder, std::string_view what, std::string_view flag) {
  std::filesystem::path nearest = std::filesystem::absolute(folder);
  while (::faccessat(AT_FDCWD, nearest.c_str(), F_OK, AT_EACCESS) != 0 && errno == ENOENT &&
         nearest != nearest.parent_path())
    nearest = nearest.parent_path();
  const int error = error_of_writing(nearest);
  if (error == 0)
    return;
  throw StartupError("the " + std::string(what) + " " + folder.string() + " can't be written (" +
                     (nearest == folder ? "" : "in " + nearest.string() + ": ") + std::strerror(error) +
                     "): free some space or give permission there, or choose another one with " + std::string(flag));
}

} // namespace jetcapture::host
