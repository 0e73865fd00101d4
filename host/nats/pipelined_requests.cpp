#include "nats/pipelined_requests.hpp"

#include "nats/inbox.hpp"
#include "nats/request.hpp"

#include <algorithm>
#include <charconv>

namespace jetcapture::host {

std::string_view PipelinedRequests::Answer::data() const {
  return {natsMsg_GetData(message.get()), static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))};
}

PipelinedRequests::PipelinedRequests(Connection &connection, const std::string &inbox_prefix)
    : connection_(connection), reconnects_(connection.reconnects()), inbox_(new_inbox(inbox_prefix) + "."),
      subscription_(connection, inbox_ + "*") {
  if (subscription_.status() == NATS_OK)
    natsSubscription_SetPendingLimits(subscription_.get(), -1, -1);
}

void PipelinedRequests::send(const std::string &subject, std::string_view body, std::uint64_t number) {
  sent(natsConnection_PublishRequest(connection_.get(), subject.c_str(), reply(number).c_str(), body.data(),
                                     static_cast<int>(body.size())),
       subject);
}

void PipelinedRequests::send(natsMsg *message) {
  const std::string subject = natsMsg_GetSubject(message);
  sent(natsConnection_PublishMsg(connection_.get(), message), subject);
}

void PipelinedRequests::sent(natsStatus status, const std::string &subject) {
  if (status != NATS_OK)
    throw NoAnswer(Unanswered::lost, "nothing can be sent to " + subject + ": " + natsStatus_GetText(status));
  const MutexLock lock(mutex_);
  last_subject_ = subject;
}

std::optional<PipelinedRequests::Answer> PipelinedRequests::next(std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds between_looks{50};
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    natsMsg *raw = nullptr;
    const natsStatus status =
        subscription_.status() != NATS_OK
            ? subscription_.status()
            : natsSubscription_NextMsg(&raw, subscription_.get(),
                                       std::clamp<std::int64_t>(left.count(), 1, between_looks.count()));
    if (status == NATS_OK) {
      Answer answer{.message = MessagePtr(raw)};
      const std::string_view number = std::string_view(natsMsg_GetSubject(raw)).substr(inbox_.size());
      std::from_chars(number.data(), number.data() + number.size(), answer.number);
      return answer;
    }
    if (status == NATS_NO_RESPONDERS) {
      const MutexLock lock(mutex_);
      throw NoAnswer(Unanswered::nobody, "nobody answers at " + last_subject_);
    }
    look_for_trouble();
    if (status != NATS_TIMEOUT)
      throw NoAnswer(Unanswered::lost, std::string("no answers come: ") + natsStatus_GetText(status));
    if (left.count() <= 0)
      return std::nullopt;
  }
}

void PipelinedRequests::look_for_trouble() const {
  const MutexLock lock(mutex_);
  check_not_refused(connection_, last_subject_, inbox_, begin_);
  if (!connection_.connected() || connection_.reconnects() != reconnects_)
    throw NoAnswer(Unanswered::lost, "the connection to the server was lost");
}

} // namespace jetcapture::host
