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

// Where a host listens, HOST:PORT, by its log; empty until it says so.
std::string listening_address(const std::string &log);

// The value of a metric, with its labels as they stand there; fails the test where there is none.
double metric(const std::string &address, const std::string &name);

// Waits until the host has exactly so many messages in flight. The server counts a message as unacknowledged before it
// sends it: that its consumer says so does not mean that the host has it.
bool has_in_flight(const std::string &address, std::size_t count);

class WatchedHost : public Host {
public:
  using Host::Host;

  // Starts it, and waits until it says where it listens.
  void start_watched(std::vector<std::string> more = {},
                     std::vector<std::string> stages = {"message", "ndjson", "file"});

  const std::string &address() const { return address_; }
  std::string metrics() const { return http_get(address_, "/metrics").body; }
  double metric(const std::string &name) const { return test::metric(address_, name); }
  bool has_in_flight(std::size_t count) const { return test::has_in_flight(address_, count); }
  nlohmann::json ready() const { return nlohmann::json::parse(http_get(address_, "/readyz").body); }
  int ready_status() const { return http_get(address_, "/readyz").status; }

private:
  std::string address_;
};

// The names of the metrics in a text of that format.
std::set<std::string> metric_names(const std::string &text);

} // namespace jetcapture::test
