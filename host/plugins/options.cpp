#include "plugins/options.hpp"

#include "settings/error.hpp"
#include "settings/file_text.hpp"
#include "settings/values.hpp"
#include "strings/strings.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace jetcapture::host {
namespace {

bool is_secret(const jetcapture_option &option) {
  return (option.flags & JETCAPTURE_OPTION_SECRET) != 0;
}
bool is_required(const jetcapture_option &option) {
  return (option.flags & JETCAPTURE_OPTION_REQUIRED) != 0;
}

std::span<const jetcapture_option *const> options_of(const jetcapture_about &about) {
  std::size_t count = 0;
  while (about.options != nullptr && about.options[count] != nullptr)
    count++;
  return {about.options, count};
}

std::vector<std::string> choices_of(const jetcapture_option &option) {
  std::vector<std::string> choices;
  for (const char *const *choice = option.choices; choice != nullptr && *choice != nullptr; ++choice)
    choices.emplace_back(*choice);
  return choices;
}

std::vector<std::string> items_of(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t end = text.find(',');
    std::string_view item = text.substr(0, end);
    const std::size_t begin = std::min(item.find_first_not_of(' '), item.size());
    item = item.substr(begin, item.find_last_not_of(' ') - begin + 1);
    if (!item.empty())
      items.emplace_back(item);
    if (end == std::string_view::npos)
      return items;
    text.remove_prefix(end + 1);
  }
}

// What a value of this option looks like, for the sentence about one that does not.
std::string expectation(const jetcapture_option &option) {
  switch (option.kind) {
  case JETCAPTURE_OPTION_INTEGER:
    return "a whole number";
  case JETCAPTURE_OPTION_NUMBER:
    return "a number";
  case JETCAPTURE_OPTION_FLAG:
    return "true or false";
  case JETCAPTURE_OPTION_DURATION:
    return "a duration, such as 90s, 15m or 1h30m";
  case JETCAPTURE_OPTION_SIZE:
    return "a size, such as 1048576, 64KiB or 10MB";
  case JETCAPTURE_OPTION_CHOICE:
    return joined(choices_of(option), " or ");
  default:
    return "text";
  }
}

// Fills in the value of one text. False: the text is not of the option's kind.
bool parse_value(const jetcapture_option &option, const std::string &text, jetcapture_setting &setting) {
  switch (option.kind) {
  case JETCAPTURE_OPTION_INTEGER:
    if (const auto value = parse_integer(text))
      return setting.integer = *value, true;
    return false;
  case JETCAPTURE_OPTION_NUMBER:
    if (const auto value = parse_number(text))
      return setting.number = *value, true;
    return false;
  case JETCAPTURE_OPTION_FLAG:
    if (const auto value = parse_flag(text))
      return setting.integer = *value ? 1 : 0, true;
    return false;
  case JETCAPTURE_OPTION_DURATION:
    if (const auto value = parse_duration(text))
      return setting.integer = value->count(), true;
    return false;
  case JETCAPTURE_OPTION_SIZE:
    if (const auto value = parse_size(text))
      return setting.integer = static_cast<std::int64_t>(*value), true;
    return false;
  case JETCAPTURE_OPTION_CHOICE: {
    const auto choices = choices_of(option);
    return std::find(choices.begin(), choices.end(), text) != choices.end();
  }
  default:
    return true;
  }
}

std::string stage_words(const jetcapture_about &about, StageKind kind) {
  return std::string(to_string(kind)) + " " + about.name;
}

std::string flag_of(StageKind kind) {
  return "--" + std::string(to_string(kind)) + "-opt";
}

[[noreturn]] void refuse_value(const jetcapture_about &about, StageKind kind, const jetcapture_option &option,
                               const std::string &text) {
  std::string sentence = stage_words(about, kind) + ", option " + option.name + ": ";
  sentence += is_secret(option) ? "the value" : '"' + text + '"';
  sentence += " is not " + expectation(option);
  const std::string meant =
      option.kind == JETCAPTURE_OPTION_CHOICE && !is_secret(option) ? nearest(text, choices_of(option)) : "";
  throw StartupError(sentence + (meant.empty() ? "" : "; did you mean " + meant + "?"));
}

std::string secret_from_file(const jetcapture_about &about, StageKind kind, const jetcapture_option &option,
                             const std::string &path) {
  auto secret = file_text(path);
  if (!secret)
    throw StartupError(stage_words(about, kind) + ", option " + option.name + ": the file " + path +
                       " can't be read; check its path and its permissions");
  if (secret->ends_with('\n'))
    secret->pop_back();
  if (secret->ends_with('\r'))
    secret->pop_back();
  return *std::move(secret);
}

struct GivenOption {
  std::size_t index; // in the description
  std::string value;
};

GivenOption find_option(const jetcapture_about &about, StageKind kind, const std::string &text) {
  const auto options = options_of(about);
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    // What has no key may be a secret that lost it.
    const bool may_show =
        std::none_of(options.begin(), options.end(), [](const auto *option) { return is_secret(*option); });
    throw StartupError(flag_of(kind) + (may_show ? " \"" + text + '"' : " without a key") + " has no \"=\"; write " +
                       flag_of(kind) + " key=value");
  }
  const std::string key = text.substr(0, equals);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < options.size(); i++) {
    if (key == options[i]->name)
      return {i, text.substr(equals + 1)};
    names.emplace_back(options[i]->name);
  }
  std::string sentence = stage_words(about, kind) + " has no option \"" + key + '"';
  if (names.empty())
    throw StartupError(sentence + "; it has none at all");
  const std::string meant = nearest(key, names);
  throw StartupError(sentence +
                     (meant.empty() ? "; it has " + joined(names, " and ") : "; did you mean " + meant + "?"));
}

} // namespace

void parse_stage_options(const jetcapture_about &about, StageKind kind, const std::vector<std::string> &given,
                         StageSettings &settings) {
  const auto options = options_of(about);
  std::vector<std::optional<std::string>> values(options.size());
  for (const std::string &text : given) {
    GivenOption option = find_option(about, kind, text);
    const jetcapture_option &described = *options[option.index];
    std::optional<std::string> &value = values[option.index];
    if (is_secret(described) && option.value.starts_with('@'))
      option.value = secret_from_file(about, kind, described, option.value.substr(1));
    value = value && described.kind == JETCAPTURE_OPTION_LIST ? *value + "," + option.value : option.value;
  }

  for (std::size_t i = 0; i < options.size(); i++) {
    const jetcapture_option &option = *options[i];
    jetcapture_setting setting{};
    setting.size = sizeof setting;
    setting.kind = option.kind;
    setting.name = option.name;
    setting.given = values[i] ? 1 : 0;
    if (!values[i] && is_required(option))
      throw StartupError(stage_words(about, kind) + " needs the option " + option.name + " (" + option.help +
                         "); give " + flag_of(kind) + " " + option.name + "=…");
    if (!values[i] && option.default_value != nullptr)
      values[i] = option.default_value;
    setting.present = values[i] ? 1 : 0;

    const std::string &text = settings.texts_.emplace_back(values[i].value_or(""));
    setting.text = {text.c_str(), text.size()};
    if (values[i] && !parse_value(option, text, setting)) {
      if (setting.given == 0)
        throw StartupError(stage_words(about, kind) + " is broken: the default of its option " + option.name +
                           " is not " + expectation(option) + "; ask its author");
      refuse_value(about, kind, option, text);
    }
    std::vector<jetcapture_text> &list = settings.lists_.emplace_back();
    if (option.kind == JETCAPTURE_OPTION_LIST) {
      for (std::string &item : items_of(text)) {
        const std::string &kept = settings.texts_.emplace_back(std::move(item));
        list.push_back({kept.c_str(), kept.size()});
      }
    }
    setting.list = list.data();
    setting.list_count = list.size();
    settings.pointers_.push_back(&settings.settings_.emplace_back(setting));
  }
}

} // namespace jetcapture::host
