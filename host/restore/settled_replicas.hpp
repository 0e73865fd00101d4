// Whether the replicas of a stream have what its leader has, by what the leader says of them, look after look.
//
// The leader knows of no lag before a replica has come to the end of the log and asks for the messages that it lacks
// (server/raft.go, Peers; server/jetstream_cluster.go, checkClusterInfo, of 2.9.10 and 2.14): so all of them have to
// have been current for a while. A state of its own, for one thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

class SettledReplicas {
public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds settle{5};

  // info: of a stream, as the server answers STREAM.INFO. True: they have it; at once where there are none.
  bool see(const nlohmann::json &info, Time now);
  // Names of those that were not current at the last look.
  const std::vector<std::string> &behind() const { return behind_; }

private:
  std::vector<std::string> behind_;
  std::optional<Time> current_since_;
};

} // namespace jetcapture::host
