#include "settings/given.hpp"

#include <map>
#include <set>

namespace jetcapture::host {

namespace {

// Of each setting but the log's level, which is taken up at once.
std::map<std::string_view, std::vector<std::string>> values_of(const std::vector<Given> &given) {
  std::map<std::string_view, std::vector<std::string>> values;
  for (const Given &one : given)
    if (one.flag->name != "log-level")
      values[one.flag->name].push_back(one.value);
  return values;
}

} // namespace

std::string settings_to_restart_for(const std::vector<Given> &before, const std::vector<Given> &now) {
  std::map<std::string_view, std::vector<std::string>> left = values_of(before);
  std::set<std::string_view> changed;
  for (const auto &[name, values] : values_of(now)) {
    const auto found = left.find(name);
    if (found == left.end() || found->second != values)
      changed.insert(name);
    left.erase(name);
  }
  for (const auto &[name, values] : left)
    changed.insert(name);
  std::string text;
  for (const std::string_view name : changed)
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

} // namespace jetcapture::host
