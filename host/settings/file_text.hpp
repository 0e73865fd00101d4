// The whole content of a small file.
#pragma once

#include <optional>
#include <string>

namespace jetcapture::host {

// nullopt: it does not exist, can't be read, or is a folder. Pipes work, so that <(command) does.
std::optional<std::string> file_text(const std::string &file);

} // namespace jetcapture::host
