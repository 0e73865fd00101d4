// A file that is being written, in a folder of its own below the root, until it is published under its name.
//
// It is locked (flock) while its process lives. What a crash leaves behind has no lock, and goes when the next store is
// made on this root. Its name is random: hosts that share a root never take one another's.
#pragma once

#include "file/descriptor.hpp"
#include "file/tree.hpp"

#include <cstdint>
#include <string>

namespace jetcapture::plugins {

class TemporaryFile {
public:
  // root: of folders. Throws Retry or Misconfigured.
  TemporaryFile(const Folders &folders, const Root &root, Mode mode);
  // Removes the file, unless it was published.
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  int descriptor() const { return file_.get(); }

  // [before anything is written] Goes on with that file in its place, under the same owner, permissions and attributes.
  // False, and this one is as it was: the other has a name, another size or another owner, is on another file system,
  // or can't be linked or made alike for another reason.
  bool become(int descriptor, std::uint64_t bytes);

  // Syncs it and gives it its name, in the place of what had that name; durable when it returns. Throws Retry or
  // Misconfigured.
  void publish(int folder, const std::string &name, const std::string &folder_path);
  // The same where nothing has that name. False: a file has it, which may be not durable yet. Two calls at once, of
  // hosts that see the same file system: one has true. Throws Misconfigured, too, where the file system can't do it.
  bool publish_new(int folder, const std::string &name, const std::string &folder_path);

private:
  enum class Given { yes, taken, cannot };
  Given link_to(int folder, const std::string &name, const std::string &path);
  Given rename_to_new(int folder, const std::string &name, const std::string &path);

  std::string name_;
  Descriptor folder_;
  Descriptor file_;
  bool published_ = false;
};

// Removes what processes that are no more have left on this root. Returns how many.
unsigned remove_leftovers(const Folders &folders);

} // namespace jetcapture::plugins
