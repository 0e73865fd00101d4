// --print-config: the settings of the run, with what the plug-ins say of their options and what a context of the nats
// tool adds.
#pragma once

#include "settings/command_line.hpp"

#include <iosfwd>
#include <ostream>

namespace jetcapture::host {

// Throws StartupError: the context can't be read. A plug-in that can't be loaded only has the values of its options
// hidden.
void show_config(const CommandLine &command, std::ostream &out);

} // namespace jetcapture::host
