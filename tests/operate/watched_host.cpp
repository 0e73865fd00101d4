#include "operate/watched_host.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <utility>

namespace jetcapture::test {

using namespace std::chrono_literals;

void WatchedHost::start_watched(std::vector<std::string> more, std::vector<std::string> stages) {
  more.insert(more.end(), {"--listen", "127.0.0.1:0"});
  start(std::move(more), std::move(stages));
  const std::string before = "url=http://";
  REQUIRE_MESSAGE(
      eventually(20s, [&] { return output().find(before) != std::string::npos && output().ends_with('\n'); }),
      "the host does not listen; it printed: ", output());
  const std::string text = output();
  const std::size_t begin = text.find(before) + before.size();
  address_ = text.substr(begin, text.find('/', begin) - begin);
}

double WatchedHost::metric(const std::string &name) const {
  std::istringstream lines(metrics());
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + " ") || line.starts_with(name + "{"))
      return std::stod(line.substr(line.rfind(' ') + 1));
  FAIL("there is no metric " << name);
  return 0;
}

std::set<std::string> metric_names(const std::string &text) {
  std::set<std::string> names;
  std::istringstream lines(text);
  const std::string before = "# TYPE ";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(before))
      names.insert(line.substr(before.size(), line.find(' ', before.size()) - before.size()));
  return names;
}

} // namespace jetcapture::test
