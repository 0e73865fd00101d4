#include "nats/jetstream.hpp"

#include "nats/handles.hpp"
#include "threads/thread.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <thread>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr int not_available_now = 10008; // JetStream has no leader
constexpr auto pause = 250ms;

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
    : connection_(connection), prefix_(prefix_of(settings)), inbox_prefix_(settings.inbox_prefix) {}

nlohmann::json JetStream::request(const std::string &subject, std::string_view body,
                                  std::chrono::milliseconds timeout) {
  return answer_to(subject, body, timeout, Asked::once);
}

nlohmann::json JetStream::ask(const std::string &subject, std::string_view body, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    try {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      return answer_to(subject, body, left, Asked::until_answered);
    } catch (const ApiError &error) {
      if (error.err_code != not_available_now || std::chrono::steady_clock::now() + pause >= deadline)
        throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

void JetStream::send(const std::string &subject) {
  natsConnection_Publish(connection_.get(), (prefix_ + "." + subject).c_str(), nullptr, 0);
}

nlohmann::json JetStream::answer_to(const std::string &subject, std::string_view body,
                                    std::chrono::milliseconds timeout, Asked asked) {
  const MessagePtr message = [&] {
    try {
      return host::request(connection_, inbox_prefix_, prefix_ + "." + subject, body, timeout, asked);
    } catch (const NoAnswer &error) {
      if (error.reason != Unanswered::nobody)
        throw;
      throw NoAnswer(error.reason,
                     "JetStream does not answer at " + prefix_ + "." + subject +
                         ": check that it is enabled on the server and for this account, and --js-domain");
    }
  }();
  nlohmann::json answer = nlohmann::json::parse(
      std::string_view(natsMsg_GetData(message.get()), static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))),
      nullptr, false);
  if (!answer.is_object())
    throw NoAnswer(Unanswered::lost, "JetStream's answer at " + prefix_ + "." + subject + " is not JSON");
  if (const auto error = answer.find("error"); error != answer.end() && error->is_object())
    throw ApiError(error->value("code", 0), error->value("err_code", 0), error->value("description", "no description"));
  return answer;
}

} // namespace jetcapture::host
