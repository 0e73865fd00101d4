#include "settings/command_line.hpp"
#include "settings/flags.hpp"

#include <algorithm>
#include <ostream>
#include <string>

namespace jetcapture::host {
namespace {

constexpr std::size_t help_column = 32;

std::string line_of(const Flag &flag, const Settings &defaults) {
  std::string line = "  --" + std::string(flag.name);
  if (flag.details.letter != 0)
    line += std::string(", -") + flag.details.letter;
  if (!flag.value.empty())
    line.append(" ").append(flag.value);
  line.resize(std::max(line.size() + 1, help_column), ' ');
  line += flag.help;
  std::string shown(flag.details.shown_default);
  if (shown.empty() && flag.kind != FlagKind::flag)
    shown = value_text(flag, defaults);
  if (!shown.empty())
    line += " [" + shown + "]";
  return line;
}

} // namespace

std::string_view title(FlagGroup group) {
  switch (group) {
  case FlagGroup::connection:
    return "Connection";
  case FlagGroup::capture:
    return "What to capture";
  case FlagGroup::stages:
    return "Stages";
  case FlagGroup::blocks:
    return "Blocks";
  case FlagGroup::limits:
    return "Limits";
  case FlagGroup::behaviour:
    return "Behaviour";
  case FlagGroup::operation:
    return "Operation";
  case FlagGroup::log:
    return "Log";
  }
  return "";
}

void print_help(std::ostream &out) {
  out << "Usage: jetcapture --stream NAME --consumer NAME --decoder NAME --writer NAME --store NAME …\n"
         "       jetcapture plugins | try | check-plugin   (each with --help): what is found, tried offline, checked\n"
         "Each flag --max-age is also the variable JETCAPTURE_MAX_AGE and the line max-age = 15m of an INI file.\n";
  const Settings defaults;
  const Flag *previous = nullptr;
  for (const Flag &flag : flags()) {
    if (flag.kind == FlagKind::secret)
      continue;
    if (previous == nullptr || previous->group != flag.group)
      out << title(flag.group) << ":\n";
    out << line_of(flag, defaults) << '\n';
    previous = &flag;
  }
}

} // namespace jetcapture::host
