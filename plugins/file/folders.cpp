#include "folders.hpp"

#include <jetcapture/plugin.hpp>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jetcapture::file {

Descriptor::~Descriptor() {
  if (number_ >= 0)
    ::close(number_);
}

void fail(std::string_view what, std::string_view path, int error) {
  const std::string sentence = std::string(what) + " " + std::string(path) + ": " + std::strerror(error);
  switch (error) {
  case EACCES:
  case EPERM:
  case EROFS:
  case ENOTDIR:
  case EISDIR:
  case ELOOP:
  case ENAMETOOLONG:
  case EINVAL:
    throw Misconfigured(sentence);
  default:
    throw Retry(sentence);
  }
}

Descriptor open_root(const std::string &path) {
  Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid())
    fail("can't open the root folder", path, errno);
  return root;
}

void sync(const Descriptor &descriptor, std::string_view path) {
  if (::fsync(descriptor.get()) != 0)
    fail("can't make durable", path, errno);
}

Place find_place(const Descriptor &root, std::string_view name, bool make, mode_t mode) {
  Place place;
  place.folder = Descriptor(::openat(root.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!place.folder.valid())
    fail("can't open the root folder of", name, errno);
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string part(name.substr(0, slash));
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
      throw Misconfigured("the name of an object has a part that is no file name: \"" + part + "\"");
    if (slash == std::string_view::npos) {
      place.file = part;
      return place;
    }
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Descriptor next(::openat(place.folder.get(), part.c_str(), flags));
    if (!next.valid() && errno == ENOENT) {
      if (!make) {
        place.folder = Descriptor();
        return place;
      }
      if (::mkdirat(place.folder.get(), part.c_str(), mode) == 0)
        sync(place.folder, part);
      else if (errno != EEXIST)
        fail("can't make the folder", part, errno);
      next = Descriptor(::openat(place.folder.get(), part.c_str(), flags));
    }
    if (!next.valid())
      fail("can't open the folder", part, errno);
    place.folder = std::move(next);
    name.remove_prefix(slash + 1);
  }
}

} // namespace jetcapture::file
