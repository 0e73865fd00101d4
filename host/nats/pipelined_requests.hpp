// Several requests at a time over one connection and one subscription. Each has a number, and answers come in whatever
// order the servers give them.
//
// One thread, but for send(), which any thread may call.
#pragma once

#include "nats/connection.hpp"
#include "nats/handles.hpp"
#include "nats/subscription.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::host {

class PipelinedRequests {
public:
  // inbox_prefix: of the subjects for the answers; empty: the library's. The connection outlives it.
  PipelinedRequests(Connection &connection, const std::string &inbox_prefix);

  // Throws NoAnswer: it can't be sent.
  void send(const std::string &subject, std::string_view body, std::uint64_t number);
  // The same for a message that has reply(number) as its reply subject.
  void send(natsMsg *message);
  std::string reply(std::uint64_t number) const { return inbox_ + std::to_string(number); }

  struct Answer {
    std::uint64_t number = 0;
    MessagePtr message;
    std::string_view data() const;
  };
  // [may block, up to wait] nullopt: none came in that time. Throws NoAnswer: the connection was lost since this object
  // was made, nobody listens on a subject, or the user may not publish there or not subscribe here.
  std::optional<Answer> next(std::chrono::milliseconds wait);

private:
  void sent(natsStatus status, const std::string &subject);
  void look_for_trouble() const;

  Connection &connection_;
  const std::uint64_t reconnects_;
  const PermissionViolations::Clock::time_point begin_ = PermissionViolations::Clock::now();
  const std::string inbox_; // with its dot at the end
  Subscription subscription_;
  mutable Mutex mutex_;
  std::string last_subject_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
