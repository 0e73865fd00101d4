// Secrets in a file of --config that every user of the machine can read.
#pragma once

#include "settings/command_line.hpp"

#include <string>
#include <vector>

namespace jetcapture::host {

// A sentence for each that names the line and the fix: passwords and tokens, servers with a password in their URL, and
// the secret options of plug-ins. Of a plug-in that can't be loaded nothing is known.
std::vector<std::string> readable_secrets(const CommandLine &command);

} // namespace jetcapture::host
