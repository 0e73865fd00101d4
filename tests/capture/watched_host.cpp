#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <utility>

namespace jetcapture::test {

using namespace std::chrono_literals;

std::string listening_address(const std::string &log) {
  const std::string before = "url=http://";
  const std::size_t begin = log.find(before);
  const std::size_t end = begin == std::string::npos ? begin : log.find('/', begin + before.size());
  return end == std::string::npos ? "" : log.substr(begin + before.size(), end - begin - before.size());
}

double metric(const std::string &address, const std::string &name) {
  std::istringstream lines(http_get(address, "/metrics").body);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + " ") || line.starts_with(name + "{"))
      return std::stod(line.substr(line.rfind(' ') + 1));
  FAIL("there is no metric " << name);
  return 0;
}

bool has_in_flight(const std::string &address, std::size_t count) {
  return eventually(20s,
                    [&] { return metric(address, "jetcapture_in_flight_messages") == static_cast<double>(count); });
}

void WatchedHost::start_watched(std::vector<std::string> more, std::vector<std::string> stages) {
  more.insert(more.end(), {"--listen", "127.0.0.1:0"});
  start(std::move(more), std::move(stages));
  REQUIRE_MESSAGE(eventually(20s, [&] { return !listening_address(output()).empty(); }),
                  "the host does not listen; it printed: ", output());
  address_ = listening_address(output());
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
