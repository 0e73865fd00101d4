#include "host/restore/restored_stream.hpp"

#include "log/time_text.hpp"
#include "support/base64.hpp"

#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace jetcapture::host;
using nlohmann::json;

namespace {

ConnectionSettings connection_to(const std::string &urls, const std::string &api_prefix) {
  ConnectionSettings settings;
  std::istringstream list(urls);
  for (std::string url; std::getline(list, url, ',');)
    settings.servers.push_back(url);
  settings.js_api_prefix = api_prefix;
  return settings;
}

} // namespace

Restoring::Restoring(const std::string &urls, ExactRestoreRequest request, const std::string &api_prefix)
    : log_file_(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      log_(Level::debug, LogFormat::text, log_file_), settings_(connection_to(urls, api_prefix)),
      connection_(std::make_unique<Connection>(settings_, "restore", log_)),
      restore_(std::make_unique<ExactRestore>(*connection_, settings_, std::move(request), log_)) {}

Restoring::~Restoring() {
  restore_.reset();
  connection_.reset();
  ::close(log_file_);
}

RestoreReport Restoring::run(const std::vector<StoredMessage> &messages) {
  restore_->check();
  return restore_->restore([&] { return std::make_unique<MemorySource>(messages); }, [](auto, auto) {});
}

std::vector<std::string> differences(Client &client, const std::string &stream,
                                     const std::vector<StoredMessage> &messages) {
  std::vector<std::string> found;
  const json state = client.api("STREAM.INFO." + stream).at("state");
  if (state.at("messages") != messages.size())
    found.push_back("messages: " + state.dump());
  if (!messages.empty() && state.at("first_seq") != messages.front().sequence)
    found.push_back("first: " + state.dump());
  for (const StoredMessage &message : messages) {
    json there;
    try {
      there = client.api("STREAM.MSG.GET." + stream, {{"seq", message.sequence}}).at("message");
    } catch (const std::runtime_error &error) {
      found.push_back(std::to_string(message.sequence) + ": " + error.what());
      continue;
    }
    if (there.at("subject") != message.subject || there.at("seq") != message.sequence ||
        time_of_text(there.at("time").get<std::string>()) != message.timestamp ||
        from_base64(there.value("hdrs", "")) != message.headers || from_base64(there.value("data", "")) != message.data)
      found.push_back(std::to_string(message.sequence) + " is another message");
  }
  return found;
}

std::string configuration_of(const json &more) {
  json configuration = {{"name", "ORDERS"},  {"subjects", {"orders.>"}}, {"retention", "limits"}, {"max_consumers", -1},
                        {"max_msgs", -1},    {"max_bytes", -1},          {"max_age", 0},          {"discard", "old"},
                        {"storage", "file"}, {"num_replicas", 1}};
  configuration.update(more);
  return configuration.dump();
}

std::uint64_t published(Client &client, const std::string &stream, const std::string &subject) {
  client.publish(1, [&](std::size_t) { return Message{subject, "one more"}; });
  return client.api("STREAM.INFO." + stream).at("state").at("last_seq").get<std::uint64_t>();
}

} // namespace jetcapture::test
