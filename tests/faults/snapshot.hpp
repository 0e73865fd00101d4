// A server that forgets: its files are put back to an earlier state while it is down.
#pragma once

#include "support/server.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace jetcapture::test {

// The server's folder of that name, of the one stream ("S") or of its consumers ("obs").
inline std::filesystem::path folder_of(const Server &server, const std::string &name) {
  for (const auto &entry : std::filesystem::recursive_directory_iterator(server.folder().path()))
    if (entry.is_directory() && entry.path().filename() == name)
      return entry.path();
  throw std::runtime_error("the server has no folder " + name);
}

// A copy of a folder, made and put back while the server is down.
class Snapshot {
public:
  explicit Snapshot(std::filesystem::path folder) : original_(std::move(folder)) {
    std::filesystem::copy(original_, copy_.path() / "copy", std::filesystem::copy_options::recursive);
  }
  void put_back() const {
    std::filesystem::remove_all(original_);
    std::filesystem::copy(copy_.path() / "copy", original_, std::filesystem::copy_options::recursive);
  }

private:
  std::filesystem::path original_;
  Folder copy_;
};

} // namespace jetcapture::test
