// One run of a command of the program, with what it wrote.
#pragma once

#include "support/folder.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace jetcapture::test {

struct ToolRun {
  int status = -1; // the exit status
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

// Runs the program with these arguments and that standard input; before: a command that it is run by, such as valgrind.
ToolRun run_tool(const std::vector<std::string> &arguments, const std::string &input = "",
                 const std::vector<std::string> &before = {});

// Whether it does not start without a service, so that check-plugin can't check all of it.
bool needs_a_service(const std::string &plugin);

// What check-plugin is given beside the file of this project's plug-in of that name: the options that it can't start
// without, and samples.
std::vector<std::string> needs_of(const std::string &plugin);

} // namespace jetcapture::test
