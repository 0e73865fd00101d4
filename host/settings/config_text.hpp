// The settings of a command line as an INI file that gives the same ones again, each line with where its value came
// from.
//
// Defaults are comments, so that the file pins nothing that was not chosen. Comments too are secrets, whose values are
// never shown.
#pragma once

#include "settings/command_line.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace jetcapture::host {

// Why the value of a stage's option ("decoder-opt", "key") is not to be shown, as a clause; empty: it may be shown.
using HiddenOption = std::function<std::string(std::string_view flag, std::string_view key)>;

// filled: the settings with what a context of the nats tool added to them.
std::string config_text(const CommandLine &command, const Settings &filled, const HiddenOption &hidden);

} // namespace jetcapture::host
