#include "settings/error.hpp"
#include "settings/given.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <utility>

namespace jetcapture::host {
namespace {

namespace po = boost::program_options;

bool is_switch(const Flag &flag) {
  return flag.value.empty();
}

po::options_description describe_flags() {
  po::options_description description;
  for (const Flag &flag : flags()) {
    std::string name(flag.name);
    if (flag.details.letter != 0)
      name += std::string(",") + flag.details.letter;
    description.add_options()(name.c_str(), po::value<std::string>());
  }
  return description;
}

std::string without_dashes(const std::string &token) {
  const std::size_t begin = token.find_first_not_of('-');
  return begin == std::string::npos ? "" : token.substr(begin, token.find('=', begin) - begin);
}

std::vector<std::string> flag_names() {
  std::vector<std::string> names;
  for (const Flag &flag : flags())
    if (flag.kind != FlagKind::secret)
      names.emplace_back(flag.name);
  return names;
}

[[noreturn]] void refuse_secret(const Flag &flag) {
  const std::string name(flag.name);
  throw StartupError("--" + name + " is not taken on the command line, where every user could read it; use --" + name +
                     "-file FILE or " + variable_of(flag));
}

// A switch without a value gets one here: Boost's versions differ on whether one that may have a value takes the next
// argument.
std::string with_value(const std::string &argument) {
  for (const Flag &flag : flags()) {
    const std::string long_form = "--" + std::string(flag.name);
    const bool is_short = flag.details.letter != 0 && argument == std::string("-") + flag.details.letter;
    if (is_switch(flag) && (argument == long_form || is_short))
      return long_form + "=true";
  }
  return argument;
}

std::vector<po::basic_option<char>> parse(std::vector<std::string> arguments) {
  std::transform(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"), arguments.begin(), with_value);
  namespace style = po::command_line_style;
  try {
    const po::options_description description = describe_flags();
    return po::command_line_parser(arguments)
        .options(description)
        .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next | style::allow_short |
               style::allow_dash_for_short | style::short_allow_adjacent | style::short_allow_next)
        .run()
        .options;
  } catch (const po::unknown_option &unknown) {
    const std::string wrong = unknown.get_option_name();
    const std::string hint = suggestion(without_dashes(wrong), flag_names(), "--");
    throw StartupError(wrong.substr(0, wrong.find('=')) + " is not a flag" +
                       (hint.empty() || !wrong.starts_with("--") ? "; jetcapture --help lists them" : hint));
  } catch (const po::error_with_option_name &broken) {
    const std::string name = without_dashes(broken.get_option_name());
    const Flag *flag = find_flag(name);
    if (flag != nullptr && flag->kind == FlagKind::secret)
      refuse_secret(*flag);
    throw StartupError("--" + name + " needs a value: --" + name + " " +
                       std::string(flag == nullptr ? "VALUE" : flag->value));
  } catch (const po::error &other) {
    throw StartupError(std::string("the command line can't be read: ") + other.what());
  }
}

} // namespace

std::vector<Given> read_arguments(const std::vector<std::string> &arguments) {
  std::vector<Given> given;
  for (const auto &option : parse(arguments)) {
    if (option.string_key.empty() || option.position_key >= 0)
      throw StartupError('"' + (option.value.empty() ? "" : option.value.front()) +
                         "\" is an unexpected argument; a value follows its flag, as in --stream ORDERS");
    const Flag *flag = find_flag(option.string_key);
    const std::string where = "--" + option.string_key;
    if (flag->kind == FlagKind::secret)
      refuse_secret(*flag);
    const std::string value = option.value.empty() ? "" : option.value.front();
    // Boost takes "--max-age=5m" for the value of a --stream before it.
    const bool next_flag = option.original_tokens.size() > 1 && value.starts_with("--");
    if (value.empty() || next_flag)
      throw StartupError(where + " needs a value: " + where + " " + std::string(flag->value));
    if (flag->kind != FlagKind::list) {
      given.push_back({flag, value, Source::arguments, where});
      continue;
    }
    for (std::string &item : split(value, flag->details.separator))
      given.push_back({flag, std::move(item), Source::arguments, where});
  }
  return given;
}

} // namespace jetcapture::host
