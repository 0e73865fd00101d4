#include "file/attributes.hpp"

#include <cerrno>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace jetcapture::plugins {

namespace {

constexpr mode_t permissions = 07777;

// What get fills in, however long it is. nullopt: it can't be had.
template <class Get>
std::optional<std::string> whole(Get get) {
  std::string text;
  while (true) {
    const ssize_t size = get(text.data(), text.size());
    if (size < 0 && errno != ERANGE)
      return std::nullopt;
    if (size >= 0 && static_cast<std::size_t>(size) <= text.size()) {
      text.resize(static_cast<std::size_t>(size));
      return text;
    }
    text.resize(size < 0 ? 2 * text.size() + 1 : static_cast<std::size_t>(size));
  }
}

// Access control lists and labels among them. nullopt: not all can be read.
std::optional<std::map<std::string, std::string>> attributes_of(int file) {
  const auto names = whole([&](char *into, std::size_t size) { return ::flistxattr(file, into, size); });
  std::map<std::string, std::string> all;
  if (!names)
    return errno == ENOTSUP ? std::optional(all) : std::nullopt;
  for (std::string_view rest = *names; !rest.empty();) {
    const std::string name(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(name.size() + 1);
    auto value = whole([&](char *into, std::size_t size) { return ::fgetxattr(file, name.c_str(), into, size); });
    if (!value)
      return std::nullopt;
    all.emplace(name, std::move(*value));
  }
  return all;
}

} // namespace

bool make_alike(int file, int other) {
  struct stat found {};
  struct stat wanted {};
  if (::fstat(file, &found) != 0 || ::fstat(other, &wanted) != 0 || found.st_dev != wanted.st_dev ||
      found.st_uid != wanted.st_uid)
    return false;
  if (found.st_gid != wanted.st_gid && ::fchown(file, static_cast<uid_t>(-1), wanted.st_gid) != 0)
    return false;
  if (::fchmod(file, wanted.st_mode & permissions) != 0)
    return false;
  const auto attributes = attributes_of(file);
  return attributes && attributes == attributes_of(other);
}

} // namespace jetcapture::plugins
