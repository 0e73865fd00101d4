// Signs of life of the host that owns a capture with ordered delivery: a plain publish now and then, which hosts that
// stand by listen for. It decides nothing: who owns the capture is decided in the store.
//
// The subject is jetcapture.owner.STREAM.CAPTURE, the text is the run of the owner.
#pragma once

#include "nats/connection.hpp"
#include "nats/subscription.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <set>
#include <string>
#include <thread>

namespace jetcapture::host {

std::string owner_subject(const std::string &stream, const std::string &capture);

// Publishes from its construction to its end, on a thread of its own, as long as it is connected.
class OwnerSigns {
public:
  // The connection outlives it. on_refused: called once, on its thread, where the server refuses them: others have to
  // look at the chain then.
  OwnerSigns(Connection &connection, std::string subject, std::string run, std::chrono::nanoseconds between,
             std::function<void()> on_refused);
  ~OwnerSigns();
  OwnerSigns(const OwnerSigns &) = delete;
  OwnerSigns &operator=(const OwnerSigns &) = delete;

private:
  void run_thread(const std::stop_token &stop);

  Connection &connection_;
  const std::string subject_;
  const std::string run_;
  const std::chrono::nanoseconds between_;
  const std::function<void()> on_refused_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  Mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

// Hears them. One thread.
class OwnerWatch {
public:
  // The connection outlives it. Throws StartupError: there is no way to subscribe.
  OwnerWatch(Connection &connection, const std::string &subject);

  // The runs that have shown themselves since the last call.
  std::set<std::string> heard();
  // The server refuses the subscription, and nothing is ever heard.
  bool refused() const;

private:
  Connection &connection_;
  const std::string subject_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  Subscription subscription_;
};

} // namespace jetcapture::host
