// The program's commands beside capturing: `jetcapture plugins`, `jetcapture try`, `jetcapture check-plugin`.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

// Runs the command that the first argument names, and returns the exit status of the program. nullopt: it names none, this is a capture.
// Throws StartupError with one sentence. The process must have one thread only.
std::optional<int> run_tool(const std::vector<std::string> &arguments, const char *const *environment);

// The commands, each with the arguments behind its name.
int list_plugins(const std::vector<std::string> &arguments, const char *const *environment);
int try_stages(const std::vector<std::string> &arguments, const char *const *environment);
int check_plugin(const std::vector<std::string> &arguments, const char *const *environment);

} // namespace jetcapture::host
