#include "tools/check_plugin/given_options.hpp"

#include "plugins/options.hpp"
#include "settings/error.hpp"
#include "settings/given.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/child.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace jetcapture::host {
namespace {

using Json = nlohmann::ordered_json;
using Lists = std::vector<std::vector<std::string>>;

std::vector<std::string> option_names(const jetcapture_about &about) {
  std::vector<std::string> names;
  for (const jetcapture_option *const *option = about.options; option != nullptr && *option != nullptr; ++option)
    names.emplace_back((*option)->name);
  return names;
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

// "decoder json, writer csv"
std::string stages_of(const Subject &subject) {
  std::vector<std::string> names;
  for (const StageFile &stage : subject.stages)
    names.push_back(std::string(to_string(stage.kind)) + " " + stage.name);
  return joined(names);
}

// Adds one text of --opt to the stages that it is for.
void add(const Subject &subject, const std::string &given, const Lists &names_of, Lists &lists) {
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos)
    throw StartupError("--opt " + given + " has no \"=\"; write NAME=VALUE");
  std::string name = given.substr(0, equals);
  std::string stage;
  if (const std::size_t dot = name.find('.'); dot != std::string::npos) {
    stage = name.substr(0, dot);
    name.erase(0, dot + 1);
  }
  bool stage_is_there = false;
  bool taken = false;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < subject.stages.size(); i++) {
    const StageFile &one = subject.stages[i];
    if (!stage.empty() && stage != to_string(one.kind) && stage != one.name)
      continue;
    stage_is_there = true;
    known.insert(known.end(), names_of[i].begin(), names_of[i].end());
    if (std::find(names_of[i].begin(), names_of[i].end(), name) == names_of[i].end())
      continue;
    taken = true;
    lists[i].push_back(name + given.substr(equals));
  }
  if (!stage_is_there)
    throw StartupError("--opt " + given.substr(0, equals) + " names a stage that is not in the file; it has " +
                       stages_of(subject));
  if (!taken)
    throw StartupError("--opt " + given.substr(0, equals) + ": " +
                       (known.empty()
                            ? "there are no options"
                            : "there is no such option" + suggestion(name, known) + "; there are " + joined(known)));
}

// In the child, which has loaded the file.
Lists routed(const Subject &subject, const std::vector<std::string> &given) {
  Lists names_of;
  for (std::size_t i = 0; i < subject.stages.size(); i++)
    names_of.push_back(option_names(about_of(subject.of_stage(i))));
  Lists lists(subject.stages.size());
  for (const std::string &text : given)
    add(subject, text, names_of, lists);
  for (std::size_t i = 0; i < subject.stages.size(); i++) {
    Subject one = subject.of_stage(i);
    one.options = lists[i];
    StageSettings settings;
    try {
      parse_stage_options(about_of(one), one.stage.kind, startable_options(one), settings);
    } catch (const Finding &) {
      // A required option is missing: create-works tells it.
    }
  }
  return lists;
}

} // namespace

Lists options_by_stage(const Subject &subject, const std::vector<std::string> &given, std::chrono::milliseconds limit) {
  const Lists all(subject.stages.size(), given);
  if (given.empty())
    return all;
  const ChildEnd end = run_in_child(
      [&]() -> std::string {
        try {
          return Json(routed(subject, given)).dump(-1, ' ', false, Json::error_handler_t::replace);
        } catch (const StartupError &error) {
          return Json(error.what()).dump(-1, ' ', false, Json::error_handler_t::replace);
        } catch (const Finding &) {
          return "";
        }
      },
      limit);
  const Json answer = end.how == ChildEnd::How::answered ? Json::parse(end.answer, nullptr, false) : Json();
  if (answer.is_string())
    throw StartupError(answer.get<std::string>());
  return answer.is_array() ? answer.get<Lists>() : all;
}

} // namespace jetcapture::host
