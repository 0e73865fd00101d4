#include "restore/restore_mark.hpp"

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace jetcapture::host {

namespace {

using nlohmann::json;

constexpr const char *key = "jetcapture-restore";
constexpr std::string_view described = "jetcapture restore ";

std::string text_of(const RestoreMark &mark) {
  return mark.run + " " + mark.inbox;
}

std::optional<RestoreMark> parsed(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == 0 || blank >= text.size() - 1 || text.find(' ', blank + 1) != std::string_view::npos)
    return std::nullopt;
  return RestoreMark{std::string(text.substr(0, blank)), std::string(text.substr(blank + 1))};
}

} // namespace

std::string private_subject(const RestoreMark &mark) {
  return "_JC.restore." + mark.run;
}

void set_mark(json &configuration, const RestoreMark &mark, bool has_metadata) {
  if (has_metadata)
    configuration["metadata"][key] = text_of(mark);
  else
    configuration["description"] = std::string(described) + text_of(mark);
}

std::optional<RestoreMark> mark_of(const json &configuration) {
  std::string text;
  if (const auto metadata = configuration.find("metadata"); metadata != configuration.end() && metadata->is_object())
    text = metadata->value(key, "");
  if (const std::string description = configuration.value("description", "");
      text.empty() && description.starts_with(described))
    text = description.substr(described.size());
  const std::optional<RestoreMark> mark = text.empty() ? std::nullopt : parsed(text);
  if (!mark || configuration.value("subjects", std::vector<std::string>{}) != std::vector{private_subject(*mark)})
    return std::nullopt;
  return mark;
}

} // namespace jetcapture::host
