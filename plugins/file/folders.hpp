// Folders below a root, opened part by part: no name can leave the root, not by "..", not by a symbolic link.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace jetcapture::file {

// An open file or folder. Move-only.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }

private:
  int number_ = -1;
};

// Throws the failure that fits errno: Misconfigured for what someone has to mend (no right, read-only, not a folder), else Retry. The
// sentence is "what path: reason".
[[noreturn]] void fail(std::string_view what, std::string_view path, int error);

// Opens a folder by its path, as the user gave it. Throws.
Descriptor open_root(const std::string &path);

struct Place {
  Descriptor folder;
  std::string file; // the last part of the name
};

// The folder of an object's name below root. make: missing folders are made with that mode, each made durable in the one above it.
// folder is not valid when it is not there and make is false. Throws.
Place find_place(const Descriptor &root, std::string_view name, bool make, mode_t mode);

// fsync. Throws.
void sync(const Descriptor &descriptor, std::string_view path);

} // namespace jetcapture::file
