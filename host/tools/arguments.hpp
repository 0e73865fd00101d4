// The arguments of a command such as `jetcapture try`: its own flags, plain arguments, and what is left for the flags
// of the host.
#pragma once

#include <functional>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

struct ToolFlag {
  std::string_view name;  // without dashes
  std::string_view value; // what the help calls its value; empty for a switch
  std::string_view help;
};

// What a command is, for its help.
struct ToolHelp {
  std::string_view usage; // "jetcapture plugins [NAME…]"
  std::string_view text;  // what it does; wrapped by the help
  std::span<const ToolFlag> flags;
  std::string_view after = {}; // a last line, on the flags of the host that it takes
};

class ToolArguments {
public:
  // Splits them. Flags of the host go to rest(), where host_flags allows them; others are refused with StartupError and
  // the nearest one. What follows "--" is plain. "-" is plain.
  ToolArguments(const ToolHelp &help, std::span<const std::string_view> host_flags,
                const std::vector<std::string> &arguments);

  bool has(std::string_view name) const { return !values(name).empty(); }
  // As often as the flag was given; a switch has the value "".
  const std::vector<std::string> &values(std::string_view name) const;
  // The last one, or the default.
  std::string value(std::string_view name, std::string_view otherwise) const;

  const std::vector<std::string> &plain() const { return plain_; }
  const std::vector<std::string> &rest() const { return rest_; }
  // --help or -h is among them.
  bool wants_help() const { return wants_help_; }

private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> plain_;
  std::vector<std::string> rest_;
  bool wants_help_ = false;
};

// In lines of that many columns at most.
void print_tool_help(const ToolHelp &help, std::ostream &out, std::size_t columns);

} // namespace jetcapture::host
