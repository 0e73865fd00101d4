#include "settings/command_line.hpp"
#include "settings/flags.hpp"
#include "settings/help_text.hpp"

#include <ostream>
#include <string>

namespace jetcapture::host {
namespace {

std::string term_of(const Flag &flag) {
  std::string term = "--" + std::string(flag.name);
  if (flag.details.letter != 0)
    term += std::string(", -") + flag.details.letter;
  if (!flag.value.empty())
    term.append(" ").append(flag.value);
  return term;
}

std::string text_of(const Flag &flag, const Settings &defaults) {
  std::string shown(flag.details.shown_default);
  if (shown.empty() && flag.kind != FlagKind::flag)
    shown = value_text(flag, defaults);
  return std::string(flag.help) + (shown.empty() ? "" : " [" + shown + "]");
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

void print_help(std::ostream &out, std::size_t columns) {
  constexpr std::size_t behind_usage = std::string_view("Usage: ").size();
  HelpText text;
  text.paragraph("Usage: jetcapture --stream NAME --consumer NAME --decoder NAME --writer NAME --store NAME …",
                 behind_usage);
  text.paragraph("Commands for plug-ins, each with its own --help: jetcapture plugins lists them, jetcapture try runs "
                 "them on sample messages, jetcapture check-plugin checks one.");
  text.paragraph("Every flag is also a variable and a key of an INI file: --max-age 15m is JETCAPTURE_MAX_AGE=15m, or "
                 "max-age = 15m.");
  const Settings defaults;
  const Flag *previous = nullptr;
  for (const Flag &flag : flags()) {
    if (flag.kind == FlagKind::secret)
      continue;
    if (previous == nullptr || previous->group != flag.group)
      text.paragraph(std::string(title(flag.group)) + ":");
    text.entry(term_of(flag), text_of(flag, defaults));
    previous = &flag;
  }
  out << text.rendered(columns);
}

} // namespace jetcapture::host
