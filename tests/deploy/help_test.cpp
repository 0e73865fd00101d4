#include "deploy/terminal.hpp"
#include "support/folder.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

std::size_t longest_line(const Terminal &terminal) {
  std::size_t longest = 0;
  for (const std::string &line : terminal.screen()) {
    const auto further_bytes = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    longest = std::max(longest, line.size() - static_cast<std::size_t>(std::ranges::count_if(line, further_bytes)));
  }
  return longest;
}

// The help at a terminal of that width has a line that is longer than least, and none that is wider than the terminal.
void check_width(std::vector<std::string> command, unsigned short columns, std::size_t least) {
  command.insert(command.begin(), JETCAPTURE_BINARY);
  Terminal terminal(command, {{"JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS}, {"COLUMNS", "70"}}, columns);
  REQUIRE(terminal.wait(20s) == 0);
  // What the program has written may still be on its way through the terminal.
  CHECK_MESSAGE(eventually(5s, [&] { return longest_line(terminal) > least; }), terminal.bytes());
  CHECK_MESSAGE(longest_line(terminal) <= columns, terminal.bytes());
}

} // namespace

TEST_CASE("at a terminal the help of the program, its commands and its plug-ins is as wide as the terminal") {
  const std::vector<std::vector<std::string>> commands = {{"--help"},
                                                          {"try", "--help"},
                                                          {"plugins", "--help"},
                                                          {"check-plugin", "--help"},
                                                          {"--decoder", "json", "--help"}};
  for (const std::vector<std::string> &command : commands) {
    INFO(command.front());
    check_width(command, 60, 50);
    check_width(command, 100, 70); // not the width that the variable says
  }
}

TEST_CASE("--version prints the version and the ABI of plug-ins, as its help says") {
  Folder folder;
  Program program({JETCAPTURE_BINARY, "--version"}, folder / "log");
  REQUIRE(program.wait(20s) == 0);
  CHECK_MESSAGE(program.output().find(", plug-in ABI 1.") != std::string::npos, program.output());
}
