#include "restore/settled_replicas.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace jetcapture::host {

using nlohmann::json;

bool SettledReplicas::see(const json &info, Time now) {
  const json cluster = info.value("cluster", json::object());
  const json replicas = cluster.is_object() ? cluster.value("replicas", json::array()) : json::array();
  // Current: heard of lately; the lag says whether it has all (server/jetstream_api.go, PeerInfo).
  behind_.clear();
  for (const json &replica : replicas)
    if (!replica.value("current", false) || replica.value("lag", std::uint64_t{0}) > 0)
      behind_.push_back(replica.value("name", "?"));
  if (!behind_.empty()) {
    current_since_.reset();
    return false;
  }
  if (!current_since_)
    current_since_ = now;
  return replicas.empty() || now - *current_since_ >= settle;
}

} // namespace jetcapture::host
