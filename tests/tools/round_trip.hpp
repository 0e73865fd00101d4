// Streams that the host captures as whole messages, and that `jetcapture restore` brings back.
#pragma once

#include "support/folder.hpp"
#include "support/server.hpp"
#include "tools/tool.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

// The backup of one stream, in files.
class RoundTrip {
public:
  // The server outlives it.
  RoundTrip(const Server &server, std::string stream) : server_(server), stream_(std::move(stream)) {}

  // Captures what the stream has. more: flags of the capture. The consumer is "backup".
  void capture(const std::string &writer = "ndjson", std::vector<std::string> more = {}) const;
  // With --yes. more: flags of the restore.
  ToolRun restore(std::vector<std::string> more) const;
  // The same under the name of the stream.
  ToolRun restore_exactly(std::vector<std::string> more = {}) const;

  std::filesystem::path root() const { return folder_.path() / "backup"; }

private:
  const Server &server_;
  const std::string stream_;
  const Folder folder_;
};

// All messages of the stream, as the server tells them.
std::vector<nlohmann::json> messages_of(Client &client, const std::string &stream);

} // namespace jetcapture::test
