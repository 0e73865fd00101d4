#include "file/tree.hpp"

#include "file/system_error.hpp"
#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jetcapture::plugins {

namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

void add_part(std::string &path, const std::string &part) {
  path.append(path.ends_with('/') ? "" : "/").append(part);
}

Descriptor open_step(int parent, const std::string &name) {
  return Descriptor(::openat(parent, name.c_str(), folder_flags | O_NOFOLLOW));
}

// All steps by one call of Linux 5.6, which follows no link either. None, with errno: something is in the way, or the
// system or a filter of calls has no such call.
Descriptor open_at_once(int root, const std::vector<std::string> &parts) {
  std::string path = ".";
  for (const std::string &part : parts)
    path.append("/").append(part);
  open_how how{};
  how.flags = folder_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return Descriptor(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// For a step that could not be taken: says what stands there.
[[noreturn]] void fail_step(int error, int parent, const std::string &name, const std::string &path) {
  struct stat found {};
  if ((error == ELOOP || error == ENOTDIR) && ::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISLNK(found.st_mode))
      throw Misconfigured(path + " is a symbolic link, and links below the root are not followed; put a folder there");
    throw Misconfigured(path + " is a file where a folder is needed; move it away");
  }
  fail(error, "open the folder", path);
}

// Keeps the set-group bit that a folder has from the one above it.
void set_exact(int folder, Mode mode, const std::string &path) {
  struct stat found {};
  if (::fstat(folder, &found) != 0 || ::fchmod(folder, mode.bits | (found.st_mode & S_ISGID)) != 0)
    fail(errno, "set the permissions of", path);
}

std::string absolute(const std::string &root) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(root, error).lexically_normal();
  if (error)
    throw Misconfigured("the root " + root + " is no usable path: " + error.message());
  if (!path.has_filename() && path.has_relative_path())
    path = path.parent_path(); // a slash at the end
  return path.string();
}

// The folders that lead to root may be links: they are the user's.
void make_root(const std::filesystem::path &root, Mode mode) {
  struct stat found {};
  if (::stat(root.c_str(), &found) == 0)
    return;
  if (errno != ENOENT)
    fail(errno, "open the root", root.string());
  const std::filesystem::path above = root.parent_path();
  if (above == root)
    return;
  make_root(above, mode);
  if (::mkdir(root.c_str(), mode.bits) != 0 && errno != EEXIST) {
    const int error = errno;
    throw Misconfigured("can't make the root " + root.string() + ": " + std::generic_category().message(error));
  }
  const Descriptor parent(::open(above.c_str(), folder_flags));
  if (!parent)
    fail(errno, "open the folder", above.string());
  if (mode.exact) {
    const Descriptor made(::open(root.c_str(), folder_flags));
    if (!made)
      fail(errno, "open the root", root.string());
    set_exact(made.get(), mode, root.string());
  }
  sync_folder(parent.get(), above.string());
}

Root root_at(Descriptor folder, const std::string &path) {
  struct stat found {};
  if (::fstat(folder.get(), &found) != 0)
    fail(errno, "look at the folder", path);
  return {std::move(folder), found.st_dev, found.st_ino};
}

[[noreturn]] void fail_root(int error, const std::string &root) {
  if (error == ENOENT)
    throw Retry("the root " + root + " is not there any more; make it again, or mount its disk");
  fail(error, "open the root", root);
}

DIR *open_entries(int folder) {
  const int listed = ::openat(folder, ".", folder_flags);
  DIR *const entries = listed < 0 ? nullptr : ::fdopendir(listed);
  if (entries == nullptr && listed >= 0)
    ::close(listed);
  return entries;
}

template <class Visit>
void for_each_entry(int folder, const std::string &path, Visit visit) {
  const std::unique_ptr<DIR, int (*)(DIR *)> entries(open_entries(folder), ::closedir);
  if (entries == nullptr)
    fail(errno, "list the folder", path);
  errno = 0;
  while (const dirent *const entry = ::readdir(entries.get())) {
    if (const std::string_view name = entry->d_name; name != "." && name != "..")
      visit(*entry);
    errno = 0;
  }
  if (errno != 0)
    fail(errno, "list the folder", path);
}

// Some file systems don't say it with the name.
bool is_folder(int parent, const dirent &entry) {
  if (entry.d_type != DT_UNKNOWN)
    return entry.d_type == DT_DIR;
  struct stat found {};
  return ::fstatat(parent, entry.d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

} // namespace

Descriptor open_or_make_step(int parent, const std::string &name, const std::string &path, Mode mode, bool &made) {
  Descriptor folder;
  if (!std::exchange(made, false))
    folder = open_step(parent, name);
  else
    errno = ENOENT;
  if (!folder && errno == ENOENT) {
    if (::mkdirat(parent, name.c_str(), mode.bits) == 0)
      made = true;
    else if (errno != EEXIST) // another thread, or another host
      fail(errno, "make the folder", path);
    folder = open_step(parent, name);
  }
  if (!folder)
    fail_step(errno, parent, name, path);
  if (made && mode.exact)
    set_exact(folder.get(), mode, path);
  return folder;
}

void sync_folder(int folder, std::string_view path) {
  if (::fsync(folder) != 0 && errno != EINVAL && errno != ENOTSUP)
    fail(errno, "sync the folder", std::string(path));
}

std::vector<std::string> entries_of(int folder, const std::string &path) {
  std::vector<std::string> names;
  for_each_entry(folder, path, [&](const dirent &entry) { names.emplace_back(entry.d_name); });
  return names;
}

std::vector<std::string> first_entries(int folder, const std::string &path, std::size_t most,
                                       const std::function<bool(std::string_view)> &wanted) {
  std::vector<std::string> names; // a heap with the last one on top
  for_each_entry(folder, path, [&](const dirent &entry) {
    std::string name(entry.d_name);
    if (is_folder(folder, entry))
      name += '/';
    if (!wanted(name) || (names.size() == most && name > names.front()))
      return;
    names.push_back(std::move(name));
    std::push_heap(names.begin(), names.end());
    if (names.size() > most) {
      std::pop_heap(names.begin(), names.end());
      names.pop_back();
    }
  });
  std::sort_heap(names.begin(), names.end());
  return names;
}

Folders::Folders(const std::string &root, bool make, Mode mode) : root_(absolute(root)), mode_(mode) {
  if (make)
    make_root(root_, mode_);
  Descriptor folder(::open(root_.c_str(), folder_flags));
  if (!folder) {
    const int error = errno;
    throw Misconfigured(error == ENOENT
                            ? "the root " + root_ + " is not there; make it, or give create-root=true"
                            : "can't open the root " + root_ + ": " + std::generic_category().message(error));
  }
  known_root_ = root_at(std::move(folder), root_);
}

Root Folders::open_root() const {
  Descriptor folder(::open(root_.c_str(), folder_flags));
  if (!folder)
    fail_root(errno, root_);
  return root_at(std::move(folder), root_);
}

void Folders::check_root(const Root &root) const {
  struct stat now {};
  if (::stat(root_.c_str(), &now) != 0)
    fail_root(errno, root_);
  if (!root.is_same(now.st_dev, now.st_ino))
    throw Retry("another folder came to the root " + root_ + " while a file was written; it is written again");
}

std::string Folders::path_of(const std::vector<std::string> &parts) const {
  std::string path = root_;
  for (const std::string &part : parts)
    add_part(path, part);
  return path;
}

std::optional<Descriptor> Folders::open(const std::vector<std::string> &parts) const {
  std::string path = root_;
  Descriptor folder = open_root().folder;
  if (Descriptor at_once = open_at_once(folder.get(), parts); at_once || errno == ENOENT)
    return at_once ? std::optional(std::move(at_once)) : std::nullopt;
  // Step by step, which tells what is in the way.
  for (const std::string &part : parts) {
    add_part(path, part);
    Descriptor next = open_step(folder.get(), part);
    if (!next && errno == ENOENT)
      return std::nullopt;
    if (!next)
      fail_step(errno, folder.get(), part, path);
    folder = std::move(next);
  }
  return folder;
}

Folders::Opened Folders::open_or_make(const Root &root, const std::vector<std::string> &parts) {
  forget_another_root(root);
  Opened opened;
  opened.root_ = root.folder.get();
  opened.path_ = root_;
  opened.steps_.reserve(parts.size());
  bool made = false;
  for (const std::string &part : parts) {
    add_part(opened.path_, part);
    Descriptor folder = open_or_make_step(opened.folder(), part, opened.path_, mode_, made);
    const bool is_sure = !may_vanish(opened.path_, made);
    if (is_sure && !opened.steps_.empty())
      opened.steps_.back().folder = {};
    opened.steps_.push_back({std::move(folder), opened.path_.size(), !is_sure});
  }
  return opened;
}

void Folders::forget_another_root(const Root &root) {
  const std::lock_guard lock(mutex_);
  if (known_root_.is_same(root.device, root.number))
    return;
  Descriptor kept(::fcntl(root.folder.get(), F_DUPFD_CLOEXEC, 0));
  if (!kept)
    fail(errno, "open the root", root_);
  known_root_ = {std::move(kept), root.device, root.number};
  durable_.clear();
}

bool Folders::may_vanish(std::string_view path, bool made) {
  const std::lock_guard lock(mutex_);
  if (made)
    durable_.forget(path);
  return made || !durable_.has(path);
}

// A folder that was there already may have been made a moment ago, by a thread or a host that has not synced it yet.
void Folders::make_durable(const Root &root, const Opened &opened) {
  const std::string_view path = opened.path_;
  bool all_known = true;
  int parent = opened.root_;
  std::string_view parent_path = root_;
  for (const Opened::Step &step : opened.steps_) {
    if (step.may_vanish)
      sync_folder(parent, parent_path);
    all_known = all_known && !step.may_vanish;
    parent = step.folder.get();
    parent_path = path.substr(0, step.path_size);
  }
  const std::lock_guard lock(mutex_);
  if (all_known || !known_root_.is_same(root.device, root.number))
    return; // another thread is below another root by now
  for (const Opened::Step &step : opened.steps_)
    if (step.may_vanish)
      durable_.add(path.substr(0, step.path_size));
}

} // namespace jetcapture::plugins
