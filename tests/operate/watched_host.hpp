// A host that listens on a free port, and what it says there.
#pragma once

#include "capture/host.hpp"
#include "support/http.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace jetcapture::test {

class WatchedHost : public Host {
public:
  using Host::Host;

  // Starts it, and waits until it says where it listens.
  void start_watched(std::vector<std::string> more = {},
                     std::vector<std::string> stages = {"message", "ndjson", "file"});

  const std::string &address() const { return address_; }
  std::string metrics() const { return http_get(address_, "/metrics").body; }
  // The value of a metric, with its labels as they stand there; fails the test where there is none.
  double metric(const std::string &name) const;
  nlohmann::json ready() const { return nlohmann::json::parse(http_get(address_, "/readyz").body); }
  int ready_status() const { return http_get(address_, "/readyz").status; }

private:
  std::string address_;
};

// The names of the metrics in a text of that format.
std::set<std::string> metric_names(const std::string &text);

} // namespace jetcapture::test
