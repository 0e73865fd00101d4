// A folder of its own for as long as a command works, below the system's folder for such.
#pragma once

#include "settings/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace jetcapture::host {

class TemporaryFolder {
public:
  // Throws StartupError where it can't be made.
  TemporaryFolder() {
    const std::filesystem::path below = std::filesystem::temp_directory_path();
    std::string name = below / "jetcapture-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw StartupError("a temporary folder can't be made in " + below.string() +
                         "; set TMPDIR to a folder that can be written");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  const std::filesystem::path &path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace jetcapture::host
