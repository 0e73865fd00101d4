#include "restore/restore_permissions.hpp"

#include "nats/request.hpp"

#include <chrono>
#include <utility>

namespace jetcapture::host {

namespace {

// What is no JSON is refused before anything is done (server/jetstream_api.go).
constexpr std::string_view no_request = "{";
constexpr std::chrono::milliseconds timeout = std::chrono::seconds(2);

} // namespace

std::vector<std::string> refused_to_restore(Connection &connection, const std::string &inbox_prefix,
                                            const std::string &api_prefix, const std::string &stream) {
  // The subject that is tried, and how a user would permit it. Nobody listens to the last one of a stream that is not
  // being restored.
  const std::string chunks = "$JS.SNAPSHOT.RESTORE." + stream + ".";
  const std::pair<std::string, std::string> subjects[] = {
      {api_prefix + ".STREAM.RESTORE." + stream, ""},
      {api_prefix + ".STREAM.MSG.GET." + stream, ""},
      {api_prefix + ".CONSUMER.CREATE." + stream + ".none", api_prefix + ".CONSUMER.CREATE." + stream + ".>"},
      {api_prefix + ".CONSUMER.MSG.NEXT." + stream + ".none", api_prefix + ".CONSUMER.MSG.NEXT." + stream + ".>"},
      {api_prefix + ".STREAM.UPDATE." + stream, ""},
      {api_prefix + ".CONSUMER.DURABLE.CREATE." + stream + ".none",
       api_prefix + ".CONSUMER.DURABLE.CREATE." + stream + ".>"},
      {chunks + "none", chunks + "*"}};
  std::vector<std::string> refused;
  for (const auto &[subject, permission] : subjects)
    try {
      request(connection, inbox_prefix, subject, no_request, timeout, Asked::once);
    } catch (const NoAnswer &error) {
      if (error.reason == Unanswered::not_permitted)
        refused.push_back(permission.empty() ? subject : permission);
      else if (!connection.connected())
        throw;
    }
  return refused;
}

} // namespace jetcapture::host
