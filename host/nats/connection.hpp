// Connections to NATS: options from settings and `nats` tool contexts, and one connection with its state.
#pragma once

#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "nats/credentials.hpp"
#include "nats/permission_violations.hpp"
#include "nats/tls_files.hpp"
#include "settings/connection_settings.hpp"
#include "threads/mutex.hpp"

#include <nats/nats.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace jetcapture::host {

// Fills in what a `nats` tool context says and the settings do not (flags win). Context files are those of the `nats`
// tool: $XDG_CONFIG_HOME/nats/context/NAME.json, else ~/.config/nats/context/NAME.json. A leading ~ in its paths is the
// home folder. Throws StartupError: no such context (with the nearest name), not JSON, unreadable file, a feature that
// is not supported (nsc).
ConnectionSettings with_context(ConnectionSettings settings);

// When what is published leaves: together with more, by a thread of its own, or at once, by the thread that publishes.
enum class Sending { together, at_once };

// One connection. Reconnects for ever by itself; its callbacks only note what happened.
class Connection {
public:
  // Connects, or throws StartupError with one sentence: what was tried (servers without credentials) and what to check.
  // role: part of the connection's name on the server ("jetcapture pull").
  Connection(const ConnectionSettings &settings, const std::string &role, Log &log,
             Sending sending = Sending::together);
  ~Connection();
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  natsConnection *get() const { return connection_; }

  // [any-thread] Closed for good (two authentication failures in a row, say): nothing more will come.
  bool closed() const { return closed_.load(); }
  // [any-thread] The last error that the library reported, for the message about a closed connection.
  std::string last_error() const;
  // [any-thread] Why the last attempts to reconnect failed; empty while connected, and before the first has failed.
  std::string problem() const;
  // [any-thread] Grows with each reconnect: what was asked before it is void.
  std::uint64_t reconnects() const { return reconnects_.load(); }
  bool connected() const;
  // [any-thread, may block] Waits for a round trip to the server: all that it had sent before is in its subscriptions.
  // It may take the timeout twice.
  natsStatus flush(std::chrono::milliseconds timeout = std::chrono::seconds(2));
  // [any-thread] Requests to this subject are answered, at an inbox with this prefix; empty: the library's. A flush
  // goes by such a request where the library waits for a PONG that does not come.
  void set_answering(const std::string &subject, const std::string &inbox_prefix);
  // [any-thread] The server that it is connected to, without user and password; empty: none.
  std::string url() const;
  // [any-thread, may block] Ends a subscription and destroys it when nothing uses it any more (subscription.hpp).
  void destroy_later(natsSubscription *subscription);
  // [any-thread] What the server has refused for want of a permission.
  const PermissionViolations &violations() const { return violations_; }

private:
  static void on_closed(natsConnection *, void *self);
  static void on_disconnected(natsConnection *, void *self);
  static std::int64_t on_reconnect_attempt(natsConnection *, int round, void *self);
  static void on_reconnected(natsConnection *, void *self);
  static void on_error(natsConnection *, natsSubscription *, natsStatus, void *self);
  void note_problem(const std::string &reason);
  natsStatus round_trip(std::chrono::milliseconds timeout);
  natsStatus request_round_trip(std::chrono::milliseconds timeout);

  std::string role_;
  Log &log_;
  LineLimit errors_{10, std::chrono::minutes(1)};   // a server may say the same of each message
  LineLimit problems_{10, std::chrono::minutes(1)}; // several servers may fail for different reasons in turn
  PermissionViolations violations_;
  std::optional<CredentialsFile> credentials_;
  std::optional<TlsFiles> tls_;
  std::minstd_rand jitter_{std::random_device{}()}; // the reconnecting thread's
  natsConnection *connection_ = nullptr;
  std::atomic<bool> closed_{false};
  std::atomic<bool> closing_{false};
  std::atomic<std::uint64_t> reconnects_{0};
  std::atomic<std::uint64_t> miscounts_in_{UINT64_MAX}; // reconnects(), once a flush went by a request
  mutable Mutex mutex_;
  std::condition_variable_any closed_noted_;
  std::string last_error_ GUARDED_BY(mutex_);
  std::string problem_ GUARDED_BY(mutex_);
  std::uint64_t failed_attempts_ GUARDED_BY(mutex_) = 0;
  std::string answering_ GUARDED_BY(mutex_);
  std::string inbox_prefix_ GUARDED_BY(mutex_);
  std::vector<natsSubscription *> ended_ GUARDED_BY(mutex_); // not yet destroyed
  std::chrono::steady_clock::time_point next_problem_line_ GUARDED_BY(mutex_){};
};

} // namespace jetcapture::host
