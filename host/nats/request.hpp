// One request to a subject, and its answer.
#pragma once

#include "nats/connection.hpp"
#include "nats/handles.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace jetcapture::host {

enum class Unanswered {
  nobody,        // nobody subscribes to the subject, or it is not imported into the account
  not_permitted, // the user may not publish there, or not subscribe to the answer
  lost           // not connected, disconnected meanwhile, or nothing came in time
};

// No answer: one sentence.
struct NoAnswer : std::runtime_error {
  NoAnswer(Unanswered why, const std::string &sentence) : std::runtime_error(sentence), reason(why) {}
  Unanswered reason;
};

enum class Asked {
  once,
  until_answered // again each second: what changes nothing may be asked more than once
};

// [any-thread] [may block, up to timeout] inbox_prefix: of the subject for the answer; empty: the library's. Throws
// NoAnswer. The answer can be of any kind; one that says "no responders" is none.
MessagePtr request(Connection &connection, const std::string &inbox_prefix, const std::string &subject,
                   std::string_view body, std::chrono::milliseconds timeout, Asked asked = Asked::once);

// [any-thread] Throws NoAnswer, which names the permission, where the server has refused since then to let the user
// publish to the subject, or subscribe to the inbox: PREFIX.ID.REST, where REST may be empty.
void check_not_refused(const Connection &connection, const std::string &subject, const std::string &inbox,
                       PermissionViolations::Clock::time_point since);

} // namespace jetcapture::host
