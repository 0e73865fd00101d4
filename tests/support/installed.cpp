#include "support/installed.hpp"

#include "support/folder.hpp"

#include <cstdlib>

namespace jetcapture::test {

std::filesystem::path installed_folder(const std::string &service) {
  const char *const cache = std::getenv("XDG_CACHE_HOME");
  const char *const home = std::getenv("HOME");
  const std::filesystem::path base = cache != nullptr && *cache != '\0'
                                         ? std::filesystem::path(cache)
                                         : std::filesystem::path(home == nullptr ? "/" : home) / ".cache";
  return base / "jetcapture-tests" / service;
}

std::string why_missing(const std::string &service) {
  const std::filesystem::path said = installed_folder(service) / "missing";
  std::string reason =
      std::filesystem::exists(said) ? read_file(said) : "it is not installed; tests/run.sh installs it";
  while (reason.ends_with('\n'))
    reason.pop_back();
  return reason;
}

bool in_ci() {
  const char *const ci = std::getenv("CI");
  return ci != nullptr && std::string(ci) == "true";
}

} // namespace jetcapture::test
