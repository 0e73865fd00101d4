#include "nats/stream_publisher.hpp"

#include "nats/handles.hpp"
#include "nats/pipelined_requests.hpp"
#include "nats/request.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto timeout = 5s;
// While a stream gets another leader nobody listens on its subjects.
constexpr auto longest_election = 2s;
constexpr auto between_tries = 100ms;
// A stream takes no message that expects another stream, and says so with its own name (server/stream.go).
// Who subscribes to the subject without a stream gets it, too.
constexpr std::string_view question = R"({"type":"check","version":1})";
constexpr const char *no_stream = "none: jetcapture asks which stream this is";

std::string nobody_listens(const std::string &subject) {
  return "no stream takes the notifications at " + subject +
         ": create one with that subject (nats stream add), or give " + "another --notify-subject";
}

std::string own_stream(const std::string &subject, const std::string &stream) {
  return "the captured stream " + stream + " itself takes the notifications at " + subject +
         ", so that it would be told of its own notifications: give another --notify-subject";
}

MessagePtr message(const std::string &subject, const std::string &reply, std::string_view body, const char *header,
                   const std::string &value) {
  natsMsg *raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, subject.c_str(), reply.c_str(), body.data(), static_cast<int>(body.size()));
  MessagePtr made(raw);
  if (status == NATS_OK)
    status = natsMsgHeader_Set(raw, header, value.c_str());
  if (status != NATS_OK)
    throw NoAnswer(Unanswered::lost, std::string("they could not be sent: ") + natsStatus_GetText(status));
  return made;
}

// What a stream says of a message that was published to the subject.
struct Confirmation {
  std::uint64_t number;
  nlohmann::json json;
};

// The next one, until that time. Throws NoAnswer: none comes any more.
Confirmation next_confirmation(PipelinedRequests &published, const std::string &subject, Clock::time_point end) {
  try {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (const auto answer = published.next(std::max<std::chrono::milliseconds>(left, 0ms)))
      return {answer->number, nlohmann::json::parse(answer->data(), nullptr, false)};
  } catch (const NoAnswer &error) {
    if (error.reason == Unanswered::nobody)
      throw NoAnswer(Unanswered::nobody, nobody_listens(subject));
    throw;
  }
  throw NoAnswer(Unanswered::lost,
                 "no stream confirms what is published to " + subject + " in time: see whether it has a leader");
}

} // namespace

StreamPublisher::StreamPublisher(Connection &connection, const Settings &settings)
    : connection_(connection), subject_(settings.notify_subject), captured_stream_(settings.stream),
      inbox_prefix_(settings.connection.inbox_prefix) {}

Publisher::Outcome StreamPublisher::publish(std::span<const Notification> notifications) {
  Outcome outcome = {.confirmed = std::vector<bool>(notifications.size())};
  // What waits in the buffer of a connection that is down would be sent twice.
  if (!connection_.connected()) {
    outcome.reason = "there is no connection to the server";
    return outcome;
  }
  try {
    PipelinedRequests published(connection_, inbox_prefix_);
    const auto end = Clock::now() + timeout;
    for (std::size_t i = 0; i < notifications.size(); i++)
      published.send(
          message(subject_, published.reply(i), notifications[i].body, "Nats-Msg-Id", notifications[i].id).get());
    for (std::size_t left = notifications.size(); left > 0; left--) {
      const Confirmation answer = next_confirmation(published, subject_, end);
      const std::string why = refusal(answer.json);
      if (answer.number < notifications.size())
        outcome.confirmed[answer.number] = why.empty();
      if (!why.empty())
        outcome.reason = why;
    }
  } catch (const NoAnswer &error) {
    outcome.reason = error.what();
  }
  return outcome;
}

std::string StreamPublisher::refusal(const nlohmann::json &answer) const {
  if (!answer.is_object())
    return "what answers at " + subject_ + " is no stream";
  if (const auto error = answer.find("error"); error != answer.end() && error->is_object())
    return "the stream of " + subject_ + " refuses them: " + error->value("description", "it does not say why");
  if (answer.value("stream", "") == captured_stream_)
    return own_stream(subject_, captured_stream_);
  return "";
}

namespace {

// False: there is one, or it can't be told.
bool has_surely_no_stream(JetStream &jetstream, const std::string &subject) {
  try {
    const nlohmann::json names = jetstream.ask("STREAM.NAMES", nlohmann::json{{"subject", subject}}.dump());
    return !names.contains("streams") || names["streams"].empty();
  } catch (const ApiError &) {
    return false;
  } catch (const NoAnswer &) {
    return false;
  }
}

// The stream that takes what is published there. Throws NoAnswer.
std::string stream_of(const nlohmann::json &answer, const std::string &subject) {
  const std::string stream = answer.is_object() ? answer.value("stream", "") : "";
  if (stream.empty())
    throw StartupError("what answers at " + subject + " is no stream: give another --notify-subject");
  return stream;
}

} // namespace

void check_notify_subject(Connection &connection, JetStream &jetstream, const Settings &settings,
                          std::vector<std::string> &warnings) {
  const std::string &subject = settings.notify_subject;
  for (const Clock::time_point begin = Clock::now();;) {
    try {
      PipelinedRequests asked(connection, settings.connection.inbox_prefix);
      asked.send(message(subject, asked.reply(0), question, "Nats-Expected-Stream", no_stream).get());
      if (stream_of(next_confirmation(asked, subject, Clock::now() + timeout).json, subject) == settings.stream)
        throw StartupError(own_stream(subject, settings.stream));
      return;
    } catch (const NoAnswer &error) {
      const bool is_nobody = error.reason == Unanswered::nobody;
      if (is_nobody && Clock::now() - begin < longest_election) {
        std::this_thread::sleep_for(between_tries);
        continue;
      }
      if (settings.check || error.reason == Unanswered::not_permitted ||
          (is_nobody && has_surely_no_stream(jetstream, subject)))
        throw StartupError(error.what());
      warnings.push_back(std::string(error.what()) + "; until then the notifications wait");
      return;
    }
  }
}

} // namespace jetcapture::host
