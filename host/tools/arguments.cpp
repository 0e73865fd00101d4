#include "tools/arguments.hpp"

#include "settings/error.hpp"
#include "settings/flags.hpp"
#include "settings/given.hpp"
#include "settings/help_text.hpp"

#include <algorithm>

namespace jetcapture::host {
namespace {

const ToolFlag *find(std::span<const ToolFlag> flags, std::string_view name) {
  const auto found = std::find_if(flags.begin(), flags.end(), [&](const ToolFlag &flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

} // namespace

ToolArguments::ToolArguments(const ToolHelp &help, std::span<const std::string_view> host_flags,
                             const std::vector<std::string> &arguments) {
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--") {
      plain_.insert(plain_.end(), argument + 1, arguments.end());
      return;
    }
    if (*argument == "-" || !argument->starts_with('-')) {
      plain_.push_back(*argument);
      continue;
    }
    if (*argument == "--help" || *argument == "-h") {
      wants_help_ = true;
      continue;
    }
    // -s is the only short flag of the host.
    const std::string written = *argument == "-s" ? "--server" : *argument;
    const std::size_t equals = written.find('=');
    const std::string name = written.substr(std::min<std::size_t>(2, written.size()), equals - 2);
    const ToolFlag *own = find(help.flags, name);
    const bool of_host = std::find(host_flags.begin(), host_flags.end(), name) != host_flags.end();
    if (!written.starts_with("--") || (own == nullptr && !of_host)) {
      std::vector<std::string> names(host_flags.begin(), host_flags.end());
      for (const ToolFlag &flag : help.flags)
        names.emplace_back(flag.name);
      const std::string hint = suggestion(name, names, "--");
      throw StartupError(written.substr(0, equals) + " is not a flag of this command" +
                         (hint.empty() ? "; --help lists them" : hint));
    }
    const std::string_view value_word = own != nullptr ? own->value : find_flag(name)->value;
    std::string value;
    if (equals != std::string::npos) {
      value = written.substr(equals + 1);
    } else if (!value_word.empty()) {
      if (argument + 1 == arguments.end() || (argument + 1)->starts_with("--"))
        throw StartupError("--" + name + " needs a value: --" + name + " " + std::string(value_word));
      value = *++argument;
    }
    if (own != nullptr)
      values_[name].push_back(value);
    else
      rest_.push_back("--" + name + (value_word.empty() && equals == std::string::npos ? "" : "=" + value));
  }
}

const std::vector<std::string> &ToolArguments::values(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

std::string ToolArguments::value(std::string_view name, std::string_view otherwise) const {
  const auto &given = values(name);
  return given.empty() ? std::string(otherwise) : given.back();
}

void print_tool_help(const ToolHelp &help, std::ostream &out, std::size_t columns) {
  constexpr std::string_view before_usage = "Usage: ";
  HelpText text;
  text.paragraph(std::string(before_usage).append(help.usage), before_usage.size());
  text.paragraph(help.text);
  for (const ToolFlag &flag : help.flags)
    text.entry("--" + std::string(flag.name) + (flag.value.empty() ? "" : " ") + std::string(flag.value),
               std::string(flag.help));
  text.paragraph(help.after);
  out << text.rendered(columns);
}

} // namespace jetcapture::host
