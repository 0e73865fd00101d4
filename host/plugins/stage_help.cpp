#include "plugins/options.hpp"
#include "settings/help_text.hpp"

#include <string>
#include <string_view>

namespace jetcapture::host {
namespace {

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

std::string text_of(const jetcapture_option &option) {
  const bool secret = (option.flags & JETCAPTURE_OPTION_SECRET) != 0;
  std::string text = option.help;
  if (secret)
    text += " (secret; " + std::string(option.name) + "=@FILE reads it from a file)";
  if ((option.flags & JETCAPTURE_OPTION_REQUIRED) != 0)
    text += " [required]";
  else if (option.default_value != nullptr)
    text += secret ? " [has a default]" : " [" + shown(option.default_value) + "]";
  return text;
}

} // namespace

std::string stage_help(StageKind kind, const jetcapture_about &about, const char *const *payloads,
                       std::size_t columns) {
  const std::string kind_word(to_string(kind));
  HelpText text;
  text.paragraph(kind_word + " " + about.name + " " + about.version + ": " + about.summary);
  if (payloads != nullptr && *payloads != nullptr) {
    std::string line = kind == StageKind::decoder ? "Produces: " : "Accepts: ";
    for (const char *const *payload = payloads; *payload != nullptr; ++payload)
      line.append(payload == payloads ? "" : ", ").append(*payload);
    text.paragraph(line);
  }
  if (about.options == nullptr || *about.options == nullptr) {
    text.paragraph("It has no options.");
    return text.rendered(columns);
  }
  text.paragraph("Options, each as --" + kind_word + "-opt NAME=VALUE:");
  for (const jetcapture_option *const *option = about.options; *option != nullptr; ++option)
    text.entry(std::string((*option)->name) + "=" + value_word(**option), text_of(**option));
  return text.rendered(columns);
}

} // namespace jetcapture::host
