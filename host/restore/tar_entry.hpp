// Regular files in a tar archive (POSIX.1, ustar), for archives that are written front to back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::host {

// What stands before the bytes of a file. name: at most 100 bytes; bytes: below 8 GiB.
std::string tar_header(std::string_view name, std::uint64_t bytes);
// What stands behind them.
std::string tar_padding(std::uint64_t bytes);
// What ends an archive.
std::string tar_end();

} // namespace jetcapture::host
