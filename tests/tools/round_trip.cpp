#include "tools/round_trip.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>

namespace jetcapture::test {

using nlohmann::json;

void RoundTrip::capture(const std::string &writer, std::vector<std::string> more) const {
  std::vector<std::string> arguments = {"--server",          server_.url(),
                                        "--stream",          stream_,
                                        "--consumer",        "backup",
                                        "--create-consumer", "--once",
                                        "--decoder",         "message",
                                        "--decoder-opt",     "key=token:2",
                                        "--writer",          writer,
                                        "--store",           "file",
                                        "--store-opt",       "root=" + root().string(),
                                        "--state-dir",       folder_ / "state",
                                        "--plugin-dir",      JETCAPTURE_PLUGINS};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const ToolRun run = run_tool(arguments);
  REQUIRE_MESSAGE(run.status == 0, run.err);
}

ToolRun RoundTrip::restore(std::vector<std::string> more) const {
  std::vector<std::string> arguments = {
      "restore", "--store",  "file",        "--store-opt",  "root=" + root().string(), "--stream",
      stream_,   "--server", server_.url(), "--plugin-dir", JETCAPTURE_PLUGINS,        "--yes"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_tool(arguments);
}

ToolRun RoundTrip::restore_exactly(std::vector<std::string> more) const {
  more.insert(more.begin(), {"--exact", "--to-stream", stream_});
  return restore(std::move(more));
}

std::vector<json> messages_of(Client &client, const std::string &stream) {
  const json state = client.api("STREAM.INFO." + stream).at("state");
  std::vector<json> messages;
  for (std::uint64_t sequence = state.at("first_seq"); sequence <= state.at("last_seq"); sequence++)
    try {
      messages.push_back(client.api("STREAM.MSG.GET." + stream, {{"seq", sequence}}).at("message"));
    } catch (const std::runtime_error &) {
      // It was deleted.
    }
  return messages;
}

} // namespace jetcapture::test
