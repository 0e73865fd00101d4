// Whether the host could write below a folder, found out without making anything.
#pragma once

#include <filesystem>
#include <string_view>

namespace jetcapture::host {

// The folder, or the nearest one above it where it would be made, has permission and room to write. Throws
// StartupError.
// what: "state folder"; flag: the one that gives another.
void check_folder(const std::filesystem::path &folder, std::string_view what, std::string_view flag);

} // namespace jetcapture::host
