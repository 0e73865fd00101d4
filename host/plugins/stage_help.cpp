#include "plugins/options.hpp"

#include <string>
#include <string_view>

namespace jetcapture::host {
namespace {

constexpr std::size_t help_column = 32;

std::string value_word(const jetcapture_option &option) {
  switch (option.kind) {
  case JETCAPTURE_OPTION_INTEGER:
    return "INTEGER";
  case JETCAPTURE_OPTION_NUMBER:
    return "NUMBER";
  case JETCAPTURE_OPTION_FLAG:
    return "true|false";
  case JETCAPTURE_OPTION_DURATION:
    return "DURATION";
  case JETCAPTURE_OPTION_SIZE:
    return "SIZE";
  case JETCAPTURE_OPTION_PATH:
    return "PATH";
  case JETCAPTURE_OPTION_LIST:
    return "TEXT[,TEXT]";
  case JETCAPTURE_OPTION_CHOICE: {
    std::string words;
    for (const char *const *choice = option.choices; choice != nullptr && *choice != nullptr; ++choice)
      words.append(words.empty() ? "" : "|").append(*choice);
    return words;
  }
  default:
    return "TEXT";
  }
}

// A default such as "\n" is shown as one would write it in C.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '\r')
      result += "\\r";
    else if (c == '\t')
      result += "\\t";
    else
      result += c;
  }
  return result.empty() ? "\"\"" : result;
}

std::string line_of(const jetcapture_option &option) {
  const bool secret = (option.flags & JETCAPTURE_OPTION_SECRET) != 0;
  std::string line = std::string("  ") + option.name + "=" + value_word(option);
  if (line.size() >= help_column)
    line += '\n' + std::string(help_column, ' ');
  else
    line.resize(help_column, ' ');
  line += option.help;
  if (secret)
    line += " (secret; " + std::string(option.name) + "=@FILE reads it from a file)";
  if ((option.flags & JETCAPTURE_OPTION_REQUIRED) != 0)
    line += " [required]";
  else if (option.default_value != nullptr)
    line += secret ? " [has a default]" : " [" + shown(option.default_value) + "]";
  return line + '\n';
}

} // namespace

std::string stage_help(StageKind kind, const jetcapture_about &about, const char *const *payloads) {
  const std::string kind_word(to_string(kind));
  std::string text = kind_word + " " + about.name + " " + about.version + ": " + about.summary + '\n';
  if (payloads != nullptr && *payloads != nullptr) {
    text += kind == StageKind::decoder ? "Produces: " : "Accepts: ";
    for (const char *const *payload = payloads; *payload != nullptr; ++payload)
      text.append(payload == payloads ? "" : ", ").append(*payload);
    text += '\n';
  }
  if (about.options == nullptr || *about.options == nullptr)
    return text + "It has no options.\n";
  text += "Options, each as --" + kind_word + "-opt NAME=VALUE:\n";
  for (const jetcapture_option *const *option = about.options; *option != nullptr; ++option)
    text += line_of(**option);
  return text;
}

} // namespace jetcapture::host
