#include "nats/request.hpp"

#include "nats/inbox.hpp"
#include "nats/subscription.hpp"
#include "settings/values.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks = 20ms; // at whether an answer can still come
constexpr auto before_asking_again = 1s;

} // namespace

MessagePtr request(Connection &connection, const std::string &inbox_prefix, const std::string &subject,
                   std::string_view body, std::chrono::milliseconds timeout, Asked asked) {
  const Clock::time_point begin = Clock::now();
  const std::uint64_t reconnects = connection.reconnects();
  // One token more than an inbox has, as the inbox of a pull: what may be subscribed to here may be there.
  const std::string inbox = new_inbox(inbox_prefix) + ".1";
  const Subscription subscription(connection, inbox);
  natsStatus status = subscription.status();
  Clock::time_point next = begin;
  while (status == NATS_OK) {
    if (Clock::now() >= next) {
      status = natsConnection_PublishRequest(connection.get(), subject.c_str(), inbox.c_str(), body.data(),
                                             static_cast<int>(body.size()));
      next = asked == Asked::once ? Clock::time_point::max() : Clock::now() + before_asking_again;
      if (status != NATS_OK)
        break;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(begin + timeout - Clock::now());
    natsMsg *answer = nullptr;
    status = natsSubscription_NextMsg(&answer, subscription.get(), std::clamp(left, 1ms, between_looks).count());
    if (status == NATS_OK)
      return MessagePtr(answer);
    if (status == NATS_NO_RESPONDERS)
      throw NoAnswer(Unanswered::nobody, "nobody answers at " + subject);
    check_not_refused(connection, subject, inbox, begin);
    if (status == NATS_TIMEOUT && left > 0ms && connection.connected() && connection.reconnects() == reconnects)
      status = NATS_OK;
  }
  if (!connection.connected())
    throw NoAnswer(Unanswered::lost, "no answer came from " + subject + ": not connected");
  if (status != NATS_TIMEOUT)
    throw NoAnswer(Unanswered::lost, "no answer came from " + subject + ": " + natsStatus_GetText(status));
  throw NoAnswer(Unanswered::lost,
                 "no answer came from " + subject + " in " + format_duration(timeout) +
                     ": see whether stream and consumer have a leader, and, between accounts or leaf nodes, whether a "
                     "permission on the way keeps " +
                     subject + " or the answer back");
}

void check_not_refused(const Connection &connection, const std::string &subject, const std::string &inbox,
                       PermissionViolations::Clock::time_point since) {
  if (connection.violations().publish_refused(subject, since))
    throw NoAnswer(Unanswered::not_permitted,
                   "there is no permission to publish to " + subject + ": add it to the permissions of the NATS user");
  const std::string own = inbox.substr(0, inbox.rfind('.'));
  if (connection.violations().subscribe_refused(inbox, since))
    throw NoAnswer(Unanswered::not_permitted,
                   "there is no permission to subscribe to " + own.substr(0, own.rfind('.')) +
                       ".>: add it to the permissions of the NATS user, or give another --inbox-prefix");
}

} // namespace jetcapture::host
