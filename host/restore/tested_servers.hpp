// Which nats-servers this program restores a stream on as an archive: what they take is an internal format of theirs,
// and the tests of tests/host/restore ran on these.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct ServerVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const ServerVersion &) const = default;
};

constexpr std::array<ServerVersion, 4> tested_servers = {{{2, 9}, {2, 10}, {2, 12}, {2, 14}}};

// Of "2.14.10", "2.15.0-dev". nullopt: it is none.
std::optional<ServerVersion> version_of(std::string_view text);
// "2.9, 2.10, 2.12 and 2.14"
std::string tested_servers_text();

} // namespace jetcapture::host
