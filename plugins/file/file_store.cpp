// The store "file": a folder of this machine. A block appears whole under its name or not at all, and survives a power cut.
//
// Written under a temporary name in the same folder, fsynced, renamed, and the folder fsynced.
#include "folders.hpp"

#include <jetcapture/plugin.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jetcapture::file {

namespace {

constexpr std::size_t buffer_size = 256 << 10;
// Every temporary file begins and ends so; no object does, since names never begin with a dot.
constexpr std::string_view temporary_prefix = ".";
constexpr std::string_view temporary_suffix = ".part";

mode_t octal(const Options &options, const char *name) {
  const std::string text = options.text(name);
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 07777)
    throw Misconfigured(std::string("the option ") + name + " is \"" + text + "\": write an octal mode like 0640");
  return mode;
}

std::int64_t monotonic_now() {
  std::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

bool is_temporary(std::string_view name) {
  return name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix);
}

void write_whole(const Descriptor &file, const char *bytes, std::size_t size, std::string_view name) {
  while (size > 0) {
    const ssize_t written = ::write(file.get(), bytes, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      fail("can't write", name, written < 0 ? errno : EIO);
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

} // namespace

class FileStore {
public:
  static constexpr const char *version = "1.0.0";
  static constexpr const char *summary = "a folder of this machine; a file appears whole or not at all, and durably";
  static constexpr jetcapture_option options[] = {
      path_option("root", nullptr, "folder that the blocks go below; made where it is missing", JETCAPTURE_OPTION_REQUIRED),
      text_option("mode", "0640", "mode of the files, octal"),
      text_option("dir-mode", "0750", "mode of the folders that are made, octal"),
  };

  explicit FileStore(const Options &given)
      : host_(given.host()), mode_(octal(given, "mode")), folder_mode_(octal(given, "dir-mode")) {
    std::filesystem::path root = given.text("root");
    if (root.empty())
      throw Misconfigured("the option root is empty: give the folder that the blocks go below");
    std::error_code error;
    root_ = std::filesystem::absolute(root).lexically_normal().string();
    std::filesystem::create_directories(root_, error);
    if (error)
      throw Misconfigured("can't make the root folder " + root_ + ": " + error.message());
    folder_ = open_root(root_);
    // A folder that can be opened may still be read-only: try it.
    const std::string probe = std::string(temporary_prefix) + "probe-" + std::to_string(::getpid()) + std::string(temporary_suffix);
    const Descriptor file(::openat(folder_.get(), probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_));
    if (!file.valid())
      fail("can't write below the root folder", root_, errno);
    ::unlinkat(folder_.get(), probe.c_str(), 0);
  }

  void put(const Object &object, jetcapture_result &result) {
    const Place place = find_place(folder_, object.name(), true, folder_mode_);
    // The same name for each attempt: what a killed host left is written over.
    const std::string temporary = temporary_name(place.file);
    try {
      write(place, temporary, object);
      if (::renameat(place.folder.get(), temporary.c_str(), place.folder.get(), place.file.c_str()) != 0)
        fail("can't rename to", object.name(), errno);
    } catch (...) {
      ::unlinkat(place.folder.get(), temporary.c_str(), 0);
      throw;
    }
    sync(place.folder, object.name());
    result.set_location(&result, text(root_ + "/" + std::string(object.name())));
  }

  void stat(std::string_view name, jetcapture_object_status &status) {
    status.exists = 0;
    const Place place = find_place(folder_, name, false, 0);
    if (!place.folder.valid())
      return;
    struct ::stat facts {};
    if (::fstatat(place.folder.get(), place.file.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT)
        return;
      fail("can't ask for", name, errno);
    }
    if (!S_ISREG(facts.st_mode))
      return;
    status.exists = 1;
    status.bytes = static_cast<std::uint64_t>(facts.st_size);
    status.has_sha256 = 0;
  }

  void get(std::string_view name, const jetcapture_visitor &visitor) {
    const Place place = find_place(folder_, name, false, 0);
    const Descriptor file(place.folder.valid()
                              ? ::openat(place.folder.get(), place.file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                              : -1);
    if (!file.valid())
      throw Misconfigured("there is no object " + std::string(name) + " below " + root_);
    const auto buffer = std::make_unique<std::array<char, buffer_size>>();
    while (true) {
      const ssize_t count = ::read(file.get(), buffer->data(), buffer->size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        fail("can't read", name, errno);
      if (count == 0)
        return;
      hand_on(visitor.bytes(&visitor, {buffer->data(), static_cast<std::uint64_t>(count)}));
    }
  }

  void list(std::string_view prefix, const jetcapture_visitor &visitor) {
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(root_, error), end; entry != end; entry.increment(error)) {
      const std::string name = entry->path().lexically_relative(root_).string();
      if (entry->is_regular_file(error) && !is_temporary(entry->path().filename().string()) && name.starts_with(prefix))
        hand_on(visitor.name(&visitor, text(name), static_cast<std::uint64_t>(entry->file_size(error))));
    }
    if (error)
      throw Retry("can't list " + root_ + ": " + error.message());
  }

  void remove(std::string_view name) {
    const Place place = find_place(folder_, name, false, 0);
    if (!place.folder.valid())
      return;
    if (::unlinkat(place.folder.get(), place.file.c_str(), 0) != 0 && errno != ENOENT)
      fail("can't remove", name, errno);
    sync(place.folder, name);
  }

private:
  static std::string temporary_name(const std::string &file) {
    constexpr std::size_t longest_name = 255;
    const std::size_t room = longest_name - temporary_prefix.size() - temporary_suffix.size();
    // The end of a long name tells more than its beginning: sequences and hash stand there.
    const std::string kept = file.size() <= room ? file : file.substr(file.size() - room);
    return std::string(temporary_prefix) + kept + std::string(temporary_suffix);
  }

  void write(const Place &place, const std::string &temporary, const Object &object) const {
    const Descriptor file(::openat(place.folder.get(), temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode_));
    if (!file.valid())
      fail("can't make a file for", object.name(), errno);
    const auto buffer = std::make_unique<std::array<char, buffer_size>>();
    std::uint64_t done = 0;
    while (const std::size_t count = object.read(done, buffer->data(), buffer->size())) {
      write_whole(file, buffer->data(), count, object.name());
      done += count;
      if (monotonic_now() > object.raw().deadline)
        throw Retry("writing " + std::string(object.name()) + " takes longer than the store's time limit");
      if (host_.cancelled())
        throw Retry("writing " + std::string(object.name()) + " was cancelled");
    }
    if (done != object.bytes())
      throw Retry(std::string(object.name()) + " should have " + std::to_string(object.bytes()) + " bytes and gave " +
                  std::to_string(done));
    sync(file, object.name());
  }

  Host host_;
  std::string root_;
  Descriptor folder_;
  mode_t mode_;
  mode_t folder_mode_;
};

JETCAPTURE_CPP_STORE(file, FileStore);

} // namespace jetcapture::file
