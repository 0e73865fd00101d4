// What the commands that read whole messages have in common: the flags that choose some, and where these wait.
#pragma once

#include "blocks/spool.hpp"
#include "reading/wanted.hpp"
#include "tools/arguments.hpp"

#include <string>

namespace jetcapture::host {

// By --from, --to, --from-sequence, --up-to, --key, --subject and --created. Throws StartupError.
WantedMessages wanted_by(const ToolArguments &given);

// The same flags as a JSON object, as they were given; empty: none was, all messages are wanted.
std::string chosen_by(const ToolArguments &given);

// Throws StartupError: there is no folder for temporary files that can be written.
Spool spool_below_tmpdir();

} // namespace jetcapture::host
