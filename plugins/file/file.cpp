// Store "file": blocks as files below a root folder. Options and results: README.md.
#include "file/check.hpp"
#include "file/listing.hpp"
#include "file/object_path.hpp"
#include "file/system_error.hpp"
#include "file/temporary_file.hpp"
#include "file/transfer.hpp"
#include "file/tree.hpp"
#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jetcapture::plugins {

namespace {

// "0640". Without one: otherwise, as far as the umask leaves it.
Mode mode_of(const Options &options, const char *name, mode_t otherwise) {
  if (!options.has(name))
    return {otherwise, false};
  const std::string text = options.text(name);
  unsigned bits = 0;
  const char *const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, bits, 8);
      read.ec != std::errc() || read.ptr != end || bits > 07777)
    throw Misconfigured("the value of " + std::string(name) + ", \"" + text +
                        "\", is no octal mode; write one such as 0640");
  return {static_cast<mode_t>(bits), true};
}

// Where nothing may be made, what a missing root would be made in.
std::string root_of(const Options &options) {
  const std::string root = options.text("root");
  return options.check_only() && options.flag("create-root") ? nearest_folder(root) : root;
}

void check_writable(const Folders &folders, Mode file_mode) {
  try {
    const TemporaryFile probe(folders, folders.open_root(), file_mode);
  } catch (const Failure &failure) {
    throw Failure(failure.status(), "nothing can be written below the root " + folders.root() + ": " + failure.what());
  }
}

// A file to read, if there is one of that name.
std::optional<Descriptor> open_object(const Folders &folders, const ObjectPath &path) {
  const std::optional<Descriptor> folder = folders.open(path.folders);
  if (!folder)
    return std::nullopt;
  Descriptor file(::openat(folder->get(), path.file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  if (!file && errno == ENOENT)
    return std::nullopt;
  if (!file)
    fail(errno, "open", folders.path_of(path.folders) + "/" + path.file);
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))
    return std::nullopt;
  return file;
}

} // namespace

class FileStore {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary =
      "Files below a folder of this machine, each whole and durable before it has its name";
  static constexpr std::uint32_t flags = JETCAPTURE_STORE_CREATES | JETCAPTURE_STORE_TAKES_FILES;
  static constexpr jetcapture_option options[] = {
      path_option("root", nullptr, "The folder that all blocks go below.", JETCAPTURE_OPTION_REQUIRED),
      flag_option("create-root", "true",
                  "Make the root where it is missing; false guards against a disk that is not mounted."),
      text_option("mode", nullptr,
                  "Permissions of the files, in octal, whatever the umask; without it 0640 less the umask."),
      text_option(
          "dir-mode", nullptr,
          "Permissions of directories that are made, in octal, whatever the umask; without it 0750 less the umask.")};

  explicit FileStore(const Options &given)
      : host_(given.host()), check_only_(given.check_only()), file_mode_(mode_of(given, "mode", 0640)),
        folders_(root_of(given), given.flag("create-root") && !given.check_only(), mode_of(given, "dir-mode", 0750)) {
    if (check_only_) {
      if (!given.may_be_read_only())
        check_room(folders_);
      had_unfinished_folder_ = ::access(unfinished_path().c_str(), F_OK) == 0;
      root_is_missing_ = ::access(given.text("root").c_str(), F_OK) != 0;
      return;
    }
    check_writable(folders_, file_mode_);
    if (const unsigned removed = remove_leftovers(folders_); removed > 0)
      host_.info("removed " + std::to_string(removed) + " unfinished files of an earlier run from " + folders_.root());
  }

  void put(const Object &object, jetcapture_result &result) {
    if (root_is_missing_)
      throw Retry("the root is not there yet, and is made by a run");
    const ObjectPath path(object.name());
    const Root root = folders_.open_root();
    const Folders::Opened opened = folders_.open_or_make(root, path.folders);
    TemporaryFile file(folders_, root, file_mode_);
    const std::string final_path = opened.path() + "/" + path.file;
    if (object.raw().descriptor < 0 || !file.become(object.raw().descriptor, object.bytes()))
      copy_object(object, host_, file.descriptor(), final_path);
    bool is_new = true;
    if (object.create_only())
      is_new = file.publish_new(opened.folder(), path.file, opened.path());
    else
      file.publish(opened.folder(), path.file, opened.path());
    folders_.make_durable(root, opened);
    folders_.check_root(root);
    if (!is_new)
      throw Exists("there is already a file " + final_path + ", which is not replaced");
    if (result.set_location != nullptr)
      result.set_location(&result, text(final_path));
  }

  void stat(std::string_view name, jetcapture_object_status &status) {
    status.exists = 0;
    const ObjectPath path(name);
    const std::optional<Descriptor> file = open_object(folders_, path);
    if (!file)
      return;
    struct stat found {};
    if (::fstat(file->get(), &found) != 0)
      fail(errno, "look at", std::string(name));
    const auto digest = sha256_of(file->get(), std::string(name));
    status.exists = 1;
    status.bytes = static_cast<std::uint64_t>(found.st_size);
    status.hash_source = JETCAPTURE_HASH_VERIFIED;
    std::copy(digest.begin(), digest.end(), status.sha256);
  }

  void get(std::string_view name, std::uint64_t offset, std::uint64_t count, const jetcapture_visitor &visitor) {
    const std::optional<Descriptor> file = open_object(folders_, ObjectPath(name));
    if (!file)
      throw NotFound("there is no object " + std::string(name) + " below " + folders_.root());
    give_bytes(file->get(), std::string(name), offset, count, visitor);
  }

  void list(std::string_view prefix, std::string_view after, std::uint64_t limit, const jetcapture_visitor &visitor) {
    list_objects(folders_, prefix, after, limit, visitor);
  }

  void remove(std::string_view name) {
    const ObjectPath path(name);
    const std::optional<Descriptor> folder = folders_.open(path.folders);
    if (!folder)
      return;
    const std::string folder_path = folders_.path_of(path.folders);
    if (::unlinkat(folder->get(), path.file.c_str(), 0) != 0 && errno != ENOENT)
      fail(errno, "remove", folder_path + "/" + path.file);
    sync_folder(folder->get(), folder_path);
    if (check_only_)
      remove_empty(path.folders);
  }

private:
  std::string unfinished_path() const { return folders_.path_of({std::string(unfinished_folder)}); }
  // A check leaves no folder that it has made.
  void remove_empty(std::vector<std::string> folders) const {
    while (!folders.empty() && ::rmdir(folders_.path_of(folders).c_str()) == 0)
      folders.pop_back();
    if (!had_unfinished_folder_)
      ::rmdir(unfinished_path().c_str());
  }

  const Host host_;
  const bool check_only_;
  bool had_unfinished_folder_ = false;
  bool root_is_missing_ = false; // it is not made for a check
  const Mode file_mode_;
  Folders folders_;
};

} // namespace jetcapture::plugins

JETCAPTURE_CPP_STORE(file, jetcapture::plugins::FileStore);
