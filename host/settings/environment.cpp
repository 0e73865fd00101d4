#include "settings/given.hpp"

#include "settings/values.hpp"

#include <algorithm>
#include <cstring>

namespace jetcapture::host {
namespace {

constexpr std::string_view prefix = "JETCAPTURE_";
// Read by the search for plug-ins.
constexpr std::string_view plugin_path = "JETCAPTURE_PLUGIN_PATH";

// True where text begins with an option's key and its '='.
bool begins_option(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() &&
         ((text[i] >= 'a' && text[i] <= 'z') || (i > 0 && (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')))))
    i++;
  return i > 0 && i < text.size() && text[i] == '=';
}

std::string_view without_leading_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// Options are separated by newlines; in one line, by ';' where the next option follows, so that "delimiter=;" stays
// whole.
std::vector<std::string> split_options(std::string_view value) {
  if (value.find('\n') != std::string_view::npos)
    return split(value, '\n');
  std::vector<std::string> options;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < value.size(); i++) {
    const std::string_view rest = without_leading_blanks(value.substr(i + 1));
    const bool ends_all = rest.empty() && value[i - 1] != '=';
    if (value[i] != ';' || !(ends_all || begins_option(rest)))
      continue;
    options.emplace_back(value.substr(begin, i - begin));
    begin = value.size() - rest.size();
  }
  if (begin < value.size())
    options.emplace_back(value.substr(begin));
  return options;
}

// Links to a service of that name in the same Kubernetes namespace.
bool is_kubernetes_link(std::string_view variable) {
  return variable.starts_with("JETCAPTURE_PORT") || variable.starts_with("JETCAPTURE_SERVICE_");
}

} // namespace

std::vector<Given> read_environment(const char *const *environment, std::vector<std::string> &warnings) {
  std::vector<Given> given;
  std::vector<std::string> variables{std::string(plugin_path)};
  for (const Flag &flag : flags())
    if (flag.kind != FlagKind::command || flag.name == "config")
      variables.push_back(variable_of(flag));
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(prefix) || equals == std::string_view::npos)
      continue;
    const std::string variable(entry.substr(0, equals));
    const std::string_view value = entry.substr(equals + 1);
    const auto flag = std::find_if(flags().begin(), flags().end(),
                                   [&](const Flag &candidate) { return variable_of(candidate) == variable; });
    if (std::find(variables.begin(), variables.end(), variable) == variables.end()) {
      const std::string meant = nearest(variable, variables);
      if (!is_kubernetes_link(variable) && !meant.empty())
        warnings.push_back("the variable " + variable + " is not a known setting; did you mean " + meant + "?");
    } else if (variable != plugin_path && !value.empty()) {
      const char separator =
          flag->details.variable_separator != 0 ? flag->details.variable_separator : flag->details.separator;
      const std::vector<std::string> items = flag->kind == FlagKind::stage_options ? split_options(value)
                                             : flag->kind == FlagKind::list        ? split(value, separator)
                                                                                   : std::vector{std::string(value)};
      for (const std::string &item : items)
        given.push_back({&*flag, item, Source::environment, variable});
    }
  }
  return given;
}

} // namespace jetcapture::host
