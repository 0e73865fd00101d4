#include "nats/jetstream.hpp"

#include "nats/handles.hpp"
#include "threads/thread.hpp"

#include <nlohmann/json.hpp>

namespace jetcapture::host {

namespace {

std::string prefix_of(const ConnectionSettings &settings) {
  if (!settings.js_domain.empty())
    return "$JS." + settings.js_domain + ".API";
  std::string prefix = settings.js_api_prefix.empty() ? "$JS.API" : settings.js_api_prefix;
  while (prefix.ends_with('.'))
    prefix.pop_back();
  return prefix;
}

} // namespace

JetStream::JetStream(Connection &connection, const ConnectionSettings &settings)
    : connection_(connection), prefix_(prefix_of(settings)) {}

nlohmann::json JetStream::request(const std::string &subject, std::string_view body,
                                  std::chrono::milliseconds timeout) {
  natsMsg *raw = nullptr;
  const natsStatus status = natsConnection_Request(&raw, connection_.get(), (prefix_ + "." + subject).c_str(),
                                                   body.data(), static_cast<int>(body.size()), timeout.count());
  const MessagePtr message(raw);
  if (status == NATS_NO_RESPONDERS)
    throw NoAnswer("JetStream does not answer at " + prefix_ +
                   ": check that it is enabled on the server and for this account, and --js-domain");
  if (status == NATS_SYS_ERROR)
    throw NoAnswer(no_thread("the NATS library could start none").what());
  if (status != NATS_OK)
    throw NoAnswer("JetStream did not answer at " + prefix_ + ": " + natsStatus_GetText(status));
  nlohmann::json answer = nlohmann::json::parse(
      std::string_view(natsMsg_GetData(raw), static_cast<std::size_t>(natsMsg_GetDataLength(raw))), nullptr, false);
  if (!answer.is_object())
    throw NoAnswer("JetStream's answer at " + prefix_ + "." + subject + " is not JSON");
  if (const auto error = answer.find("error"); error != answer.end() && error->is_object())
    throw ApiError(error->value("code", 0), error->value("err_code", 0), error->value("description", "no description"));
  return answer;
}

} // namespace jetcapture::host
