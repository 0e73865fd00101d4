#include "deploy/terminal.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// The longest line of what the command prints at a terminal of that width.
std::size_t longest_line(std::vector<std::string> command, unsigned short columns) {
  command.insert(command.begin(), JETCAPTURE_BINARY);
  Terminal terminal(command, {{"JETCAPTURE_PLUGIN_PATH", JETCAPTURE_PLUGINS}, {"COLUMNS", "70"}}, columns);
  REQUIRE(terminal.wait(20s) == 0);
  // The last byte that the program writes may come after its end is known.
  REQUIRE(eventually(5s, [&] { return terminal.bytes().ends_with("\r\n"); }));
  std::size_t longest = 0;
  for (const std::string &line : terminal.screen()) {
    INFO(line);
    const auto further_bytes = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    const std::size_t width = line.size() - static_cast<std::size_t>(std::ranges::count_if(line, further_bytes));
    CHECK(width <= columns);
    longest = std::max(longest, width);
  }
  return longest;
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
    longest_line(command, 60);
    CHECK(longest_line(command, 100) > 70); // not the variable's width
  }
}
