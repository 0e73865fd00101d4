// The fixtures, and the sentence of a refusal.
#pragma once

#include "host/settings/temporary_folder.hpp"
#include "settings/error.hpp"

#include <filesystem>
#include <string>

inline std::filesystem::path fixture(const std::string &name) {
  return std::filesystem::path(FIXTURES) / (name + ".so");
}

// A temporary folder of plug-ins.
class PluginFolder : public TemporaryFolder {
public:
  // Copies a fixture into it, under another name if one is given.
  std::filesystem::path add(const std::string &name, const std::string &as = {}) const {
    const std::filesystem::path file = path() / (as.empty() ? name + ".so" : as);
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::copy_file(fixture(name), file);
    return file;
  }
};

template <class Action>
std::string refusal(Action action) {
  try {
    static_cast<void>(action());
  } catch (const jetcapture::host::StartupError &error) {
    return error.what();
  }
  return "(none)";
}
