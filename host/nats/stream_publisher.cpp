#include "nats/stream_publisher.hpp"

#include "nats/handles.hpp"
#include "nats/inbox.hpp"
#include "nats/request.hpp"
#include "nats/subscription.hpp"
#include "settings/error.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto timeout = 5s;
constexpr std::chrono::milliseconds between_looks = 50ms; // at whether answers can still come
// While a stream gets another leader nobody listens on its subjects.
constexpr auto longest_election = 2s;
constexpr auto between_tries = 100ms;
// A stream takes no message that expects another stream, and says so with its own name (server/stream.go).
// Who subscribes to the subject without a stream gets it, too.
constexpr std::string_view question = R"({"type":"check","version":1})";
constexpr const char *no_stream = "none: jetcapture asks which stream this is";

std::string not_permitted(const std::string &subject) {
  return "there is no permission to publish to " + subject + ": add it to the permissions of the NATS user";
}

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
  return status == NATS_OK ? std::move(made) : nullptr;
}

} // namespace

// The answers to what is published meanwhile, by their number.
class StreamPublisher::Answers {
public:
  Answers(Connection &connection, const std::string &inbox_prefix)
      : connection_(connection), reconnects_(connection.reconnects()), inbox_(new_inbox(inbox_prefix) + "."),
        subscription_(connection, inbox_ + "*"), status_(subscription_.status()) {}

  std::string reply(std::size_t number) const { return inbox_ + std::to_string(number); }
  void send(const MessagePtr &one) {
    if (status_ == NATS_OK)
      status_ = one == nullptr ? NATS_NO_MEMORY : natsConnection_PublishMsg(connection_.get(), one.get());
  }

  struct Answer {
    std::size_t number;
    nlohmann::json json;
  };
  // The next one. Throws NoAnswer: none comes any more.
  Answer next(const std::string &subject) const {
    if (status_ != NATS_OK)
      throw NoAnswer(Unanswered::lost, std::string("they could not be sent: ") + natsStatus_GetText(status_));
    while (true) {
      natsMsg *raw = nullptr;
      const natsStatus status = natsSubscription_NextMsg(&raw, subscription_.get(), between_looks.count());
      if (status == NATS_OK)
        return answer_of(MessagePtr(raw));
      if (status == NATS_NO_RESPONDERS)
        throw NoAnswer(Unanswered::nobody, nobody_listens(subject));
      if (connection_.violations().publish_refused(subject, begin_))
        throw NoAnswer(Unanswered::not_permitted, not_permitted(subject));
      if (connection_.violations().subscribe_refused(inbox_, begin_))
        throw NoAnswer(Unanswered::not_permitted,
                       "there is no permission to subscribe to " + inbox_.substr(0, inbox_.find('.')) +
                           ".>: add it to the permissions of the NATS user, or give another --inbox-prefix");
      if (!connection_.connected() || connection_.reconnects() != reconnects_)
        throw NoAnswer(Unanswered::lost, "the connection to the server was lost");
      if (Clock::now() - begin_ > timeout)
        throw NoAnswer(Unanswered::lost,
                       "no stream confirms what is published to " + subject + " in time: see whether it has a leader");
    }
  }

private:
  Answer answer_of(const MessagePtr &one) const {
    const std::string_view number = std::string_view(natsMsg_GetSubject(one.get())).substr(inbox_.size());
    Answer answer{};
    std::from_chars(number.data(), number.data() + number.size(), answer.number);
    answer.json = nlohmann::json::parse(
        std::string_view(natsMsg_GetData(one.get()), static_cast<std::size_t>(natsMsg_GetDataLength(one.get()))),
        nullptr, false);
    return answer;
  }

  Connection &connection_;
  const std::uint64_t reconnects_;
  const std::string inbox_;
  const Clock::time_point begin_ = Clock::now();
  Subscription subscription_;
  natsStatus status_;
};

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
  Answers answers(connection_, inbox_prefix_);
  for (std::size_t i = 0; i < notifications.size(); i++)
    answers.send(message(subject_, answers.reply(i), notifications[i].body, "Nats-Msg-Id", notifications[i].id));
  try {
    for (std::size_t left = notifications.size(); left > 0; left--) {
      const Answers::Answer answer = answers.next(subject_);
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
      StreamPublisher::Answers answers(connection, settings.connection.inbox_prefix);
      answers.send(message(subject, answers.reply(0), question, "Nats-Expected-Stream", no_stream));
      if (stream_of(answers.next(subject).json, subject) == settings.stream)
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
