#include "tools/tools.hpp"

#include "settings/error.hpp"
#include "settings/given.hpp"

#include <array>
#include <string_view>

namespace jetcapture::host {
namespace {

struct Tool {
  std::string_view name;
  int (*run)(const std::vector<std::string> &, const char *const *);
};
constexpr std::array<Tool, 11> tools = {{{"plugins", list_plugins},
                                         {"try", try_stages},
                                         {"check-plugin", check_plugin},
                                         {"ls", list_blocks},
                                         {"find", find_message},
                                         {"cat", print_backup},
                                         {"verify", verify_backup},
                                         {"purge", purge_stream},
                                         {"restore", restore_stream},
                                         {"retire", retire_blocks},
                                         {"ledger", compact_ledger}}};

} // namespace

std::optional<int> run_tool(const std::vector<std::string> &arguments, const char *const *environment) {
  if (arguments.empty() || arguments.front().starts_with('-'))
    return std::nullopt;
  if (arguments.front() == "__complete")
    return complete({arguments.begin() + 1, arguments.end()}, environment);
  std::vector<std::string> names;
  for (const Tool &tool : tools) {
    if (tool.name == arguments.front())
      return tool.run({arguments.begin() + 1, arguments.end()}, environment);
    names.emplace_back(tool.name);
  }
  const std::string hint = suggestion(arguments.front(), names);
  throw StartupError('"' + arguments.front() + "\" is not a command" +
                     (hint.empty()
                          ? "; those are plugins, try, check-plugin, ls, find, cat, verify, purge, restore, retire "
                            "and ledger, and a capture has flags only, as in --stream ORDERS"
                          : hint));
}

} // namespace jetcapture::host
