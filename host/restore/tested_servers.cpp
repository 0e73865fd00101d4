#include "restore/tested_servers.hpp"

#include "strings/strings.hpp"

#include <charconv>
#include <system_error>

namespace jetcapture::host {

std::optional<ServerVersion> version_of(std::string_view text) {
  ServerVersion version;
  const char *const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.')
    return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc())
    return std::nullopt;
  return version;
}

std::string tested_servers_text() {
  return joined(tested_servers, " and ", [](const ServerVersion &version) {
    return std::to_string(version.major) + "." + std::to_string(version.minor);
  });
}

} // namespace jetcapture::host
