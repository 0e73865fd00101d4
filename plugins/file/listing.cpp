#include "file/listing.hpp"

#include "file/object_path.hpp"
#include "file/system_error.hpp"
#include "jetcapture/plugin.hpp"

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace jetcapture::plugins {

namespace {

// Names of a folder that are kept in memory together. A folder with more is read again for each batch.
constexpr std::size_t batch_size = 16'384;

class Walk {
public:
  Walk(const Folders &folders, std::string_view prefix, std::string_view after, std::uint64_t limit,
       const jetcapture_visitor &visitor)
      : root_(folders.root()), prefix_(prefix), after_(after), rest_(limit == 0 ? UINT64_MAX : limit),
        visitor_(visitor) {}

  // before: names of the folders down to this one, with a slash behind each. False: there are as many as asked for.
  // A folder stands in the order as its name with a slash, as do the names of all that is in it: "a-b", "a/x", "a0".
  bool folder(int folder, const std::string &before) {
    std::string last;
    while (true) {
      const std::vector<std::string> names =
          first_entries(folder, root_ + "/" + before, batch_size,
                        [&](std::string_view name) { return name > last && is_wanted(before, name); });
      for (const std::string &name : names)
        if (!entry(folder, before, name))
          return false;
      if (names.size() < batch_size)
        return true;
      last = names.back();
    }
  }

private:
  // Whether it is an object to be listed, or a folder that may have some.
  bool is_wanted(const std::string &before, std::string_view name) const {
    if (before.empty() && name == unfinished_entry)
      return false;
    const std::string path = before + std::string(name);
    if (!name.ends_with('/'))
      return path.starts_with(prefix_) && path > after_;
    return (path.starts_with(prefix_) || prefix_.starts_with(path)) && (path > after_ || after_.starts_with(path));
  }

  bool entry(int parent, const std::string &before, const std::string &name) {
    if (name.ends_with('/'))
      return below(parent, before, name);
    struct stat found {};
    if (::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) // removed meanwhile
        return true;
      fail(errno, "look at", root_ + "/" + before + name);
    }
    if (!S_ISREG(found.st_mode))
      return true;
    hand_on(visitor_.name(&visitor_, text(before + name), static_cast<std::uint64_t>(found.st_size)));
    return --rest_ > 0;
  }

  bool below(int parent, const std::string &before, const std::string &name) {
    const Descriptor next(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next)
      return folder(next.get(), before + name);
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) // removed meanwhile, or something else in its place
      return true;
    fail(errno, "list the folder", root_ + "/" + before + name);
  }

  static constexpr std::string_view unfinished_entry = ".jetcapture-unfinished/";
  const std::string &root_;
  const std::string_view prefix_;
  const std::string_view after_;
  std::uint64_t rest_;
  const jetcapture_visitor &visitor_;
};

} // namespace

void list_objects(const Folders &folders, std::string_view prefix, std::string_view after, std::uint64_t limit,
                  const jetcapture_visitor &visitor) {
  const std::size_t slash = prefix.rfind('/');
  const std::string_view above = slash == std::string_view::npos ? "" : prefix.substr(0, slash);
  if (slash == 0)
    throw Misconfigured("the prefix \"" + std::string(prefix) +
                        "\" begins with a slash, and has to be relative to the root");
  const auto folder = folders.open(checked_folders(above));
  if (folder)
    Walk(folders, prefix, after, limit, visitor).folder(folder->get(), above.empty() ? "" : std::string(above) + "/");
}

} // namespace jetcapture::plugins
