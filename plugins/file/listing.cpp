#include "file/listing.hpp"

#include "file/object_path.hpp"
#include "file/system_error.hpp"
#include "jetcapture/plugin.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

namespace jetcapture::plugins {

namespace {

class Walk {
public:
  Walk(const Folders &folders, const jetcapture_visitor &visitor) : root_(folders.root()), visitor_(visitor) {}

  // before: names of the folders down to this one, with a slash behind each. begins: what the entries here have to
  // begin with.
  void folder(int folder, const std::string &before, std::string_view begins) {
    for (const std::string &name : entries_of(folder, root_ + "/" + before)) {
      if (!name.starts_with(begins) || (before.empty() && name == unfinished_folder))
        continue;
      struct stat found {};
      if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) // removed meanwhile
          continue;
        fail(errno, "look at", root_ + "/" + before + name);
      }
      if (S_ISREG(found.st_mode))
        hand_on(visitor_.name(&visitor_, text(before + name), static_cast<std::uint64_t>(found.st_size)));
      else if (S_ISDIR(found.st_mode))
        below(folder, name, before);
    }
  }

private:
  void below(int parent, const std::string &name, const std::string &before) {
    const Descriptor next(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next)
      folder(next.get(), before + name + "/", "");
    else if (errno != ENOENT)
      fail(errno, "list the folder", root_ + "/" + before + name);
  }

  const std::string &root_;
  const jetcapture_visitor &visitor_;
};

} // namespace

void list_objects(const Folders &folders, std::string_view prefix, const jetcapture_visitor &visitor) {
  const std::size_t slash = prefix.rfind('/');
  const std::string_view above = slash == std::string_view::npos ? "" : prefix.substr(0, slash);
  const std::string_view begins = slash == std::string_view::npos ? prefix : prefix.substr(slash + 1);
  if (slash == 0)
    throw Misconfigured("the prefix \"" + std::string(prefix) +
                        "\" begins with a slash, and has to be relative to the root");
  const auto folder = folders.open(checked_folders(above));
  if (folder)
    Walk(folders, visitor).folder(folder->get(), above.empty() ? "" : std::string(above) + "/", begins);
}

} // namespace jetcapture::plugins
