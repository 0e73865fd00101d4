#include "nats/connection.hpp"

#include "nats/handles.hpp"
#include "nats/nkey.hpp"
#include "nats/request.hpp"
#include "settings/error.hpp"
#include "threads/thread.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_problem_lines = 1min;
constexpr const char *library_needs_threads = "the NATS library could start none";
constexpr int io_buffer = 512 << 10;
constexpr std::size_t most_ended = 32; // subscriptions without messages that wait for being destroyed
constexpr int most_repeats = 2;        // of a refused connection
constexpr int ping_interval_ms = 15000;
constexpr std::int64_t reconnect_wait_ms = 500;
constexpr std::int64_t reconnect_jitter_ms = 250;

// A server's address without the user and password that may stand in it.
std::string without_secrets(const std::string &url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = url.rfind('@');
  return at == std::string::npos || at < start ? url : url.substr(0, start) + url.substr(at + 1);
}

std::string list(const std::vector<std::string> &servers) {
  std::string text;
  for (const std::string &server : servers)
    text += (text.empty() ? "" : ", ") + without_secrets(server);
  return text;
}

void require_readable(const std::string &file, const char *flag) {
  if (!file.empty() && !std::ifstream(file))
    throw StartupError(std::string(flag) + ": the file " + file + " can't be read");
}

std::string credentials_used(const ConnectionSettings &settings) {
  if (!settings.creds_file.empty())
    return "the credentials file " + settings.creds_file;
  if (!settings.nkey_file.empty())
    return "the nkey seed file " + settings.nkey_file;
  if (!settings.token.empty())
    return "the token";
  if (!settings.user.empty())
    return "user " + settings.user + (settings.password.empty() ? " without a password" : "");
  return "no credentials (give --creds, --nkey, --user with a password, or a token)";
}

class OptionsBuilder {
public:
  OptionsBuilder() {
    natsOptions *raw = nullptr;
    // The first one starts the library's own threads.
    if (natsOptions_Create(&raw) != NATS_OK)
      throw NoThread(library_needs_threads);
    options_.reset(raw);
  }
  natsOptions *get() const { return options_.get(); }
  void check(natsStatus status, const std::string &what) const {
    if (status == NATS_OK)
      return;
    const char *detail = nats_GetLastError(nullptr);
    throw StartupError("the connection setting " + what +
                       " is refused: " + (detail != nullptr && *detail != '\0' ? detail : natsStatus_GetText(status)));
  }

private:
  OptionsPtr options_;
};

void set_credentials(const OptionsBuilder &options, const ConnectionSettings &settings) {
  require_readable(settings.nkey_file, "--nkey");
  if (!settings.nkey_file.empty())
    options.check(natsOptions_SetNKeyFromSeed(options.get(), public_key_of_seed_file(settings.nkey_file).c_str(),
                                              settings.nkey_file.c_str()),
                  "--nkey");
  if (!settings.user.empty())
    options.check(natsOptions_SetUserInfo(options.get(), settings.user.c_str(), settings.password.c_str()), "--user");
  if (!settings.token.empty())
    options.check(natsOptions_SetToken(options.get(), settings.token.c_str()), "token");
}

bool wants_tls(const ConnectionSettings &settings) {
  return settings.tls || !settings.tls_ca.empty() || !settings.tls_cert.empty() || !settings.tls_server_name.empty();
}

bool uses_tls(const ConnectionSettings &settings, const std::vector<std::string> &servers) {
  return wants_tls(settings) ||
         std::any_of(servers.begin(), servers.end(), [](const std::string &url) { return url.starts_with("tls://"); });
}

// A server that refuses a client certificate, or the want of one, ends the connection. In TLS 1.3 the client has
// finished its handshake by then, so what fails is whatever it does next.
bool ended_by_server(natsStatus status, std::string_view detail) {
  return status == NATS_CONNECTION_CLOSED || status == NATS_IO_ERROR ||
         detail.find("got ''") != std::string_view::npos || detail.find("alert") != std::string_view::npos;
}

StartupError certificate_refused(const ConnectionSettings &settings, const std::string &where) {
  if (settings.tls_cert.empty())
    return StartupError("NATS at " + where +
                        " ends the connection during TLS, as a server does that wants a client certificate: give "
                        "--tlscert and --tlskey");
  return StartupError("NATS at " + where + " refuses the client certificate " + settings.tls_cert +
                      ": check that it is valid, and that its authority is one that the server trusts");
}

StartupError not_connected(natsStatus status, const ConnectionSettings &settings,
                           const std::vector<std::string> &servers) {
  const char *raw = nats_GetLastError(nullptr);
  const std::string detail = raw == nullptr ? "" : raw;
  const std::string where = list(servers);
  if (detail.find("pthread_create") != std::string::npos)
    return StartupError(NoThread(library_needs_threads).what());
  // nats.c tells an authorization violation from others only by its text when several servers were tried.
  if (status == NATS_CONNECTION_AUTH_FAILED || status == NATS_NOT_PERMITTED ||
      detail.find("uthorization") != std::string::npos || detail.find("uthentication") != std::string::npos)
    return StartupError("NATS at " + where + " refuses " + credentials_used(settings) + ": check the credentials");
  if (uses_tls(settings, servers) && ended_by_server(status, detail))
    return certificate_refused(settings, where);
  if (status == NATS_SSL_ERROR || status == NATS_SECURE_CONNECTION_WANTED || status == NATS_SECURE_CONNECTION_REQUIRED)
    return StartupError("TLS with NATS at " + where + " fails (" +
                        (detail.empty() ? natsStatus_GetText(status) : detail) +
                        "): check --tlsca, --tlscert, --tlskey and --tls-server-name");
  if (status == NATS_NO_SERVER || status == NATS_TIMEOUT || status == NATS_IO_ERROR)
    return StartupError("no NATS server answers at " + where + ": check --server and that the server is running");
  return StartupError("connecting to NATS at " + where +
                      " fails: " + (detail.empty() ? natsStatus_GetText(status) : detail));
}

} // namespace

Connection::Connection(const ConnectionSettings &settings, const std::string &role, Log &log, Sending sending)
    : role_(role), log_(log) {
  const OptionsBuilder options;
  std::vector<std::string> servers = settings.servers;
  if (servers.empty())
    servers.emplace_back(NATS_DEFAULT_URL);
  std::vector<const char *> urls;
  for (const std::string &server : servers)
    urls.push_back(server.c_str());
  const auto set = [&](natsStatus status, const char *what) { options.check(status, what); };
  natsOptions *raw = options.get();
  set(natsOptions_SetServers(raw, urls.data(), static_cast<int>(urls.size())), "--server");
  set(natsOptions_SetName(raw, ("jetcapture " + role).c_str()), "name");
  set(natsOptions_SetTimeout(raw, std::max<std::int64_t>(1, settings.connect_timeout / 1ms)), "--connect-timeout");
  set(natsOptions_SetMaxReconnect(raw, -1), "reconnects");
  set(natsOptions_SetCustomReconnectDelay(raw, &Connection::on_reconnect_attempt, this), "reconnects");
  set(natsOptions_SetPingInterval(raw, ping_interval_ms), "pings");
  set(natsOptions_SetIOBufSize(raw, io_buffer), "buffers");
  set(natsOptions_SetSendAsap(raw, sending == Sending::at_once), "sending");
  // What can't be sent now is not kept for later: requests and acks are made again by whoever wants them.
  set(natsOptions_SetReconnectBufSize(raw, 0), "buffers");
  set(natsOptions_SetFailRequestsOnDisconnect(raw, true), "requests");
  if (!settings.inbox_prefix.empty())
    set(natsOptions_SetCustomInboxPrefix(raw, settings.inbox_prefix.c_str()), "--inbox-prefix");
  set(natsOptions_SetClosedCB(raw, &Connection::on_closed, this), "callbacks");
  set(natsOptions_SetDisconnectedCB(raw, &Connection::on_disconnected, this), "callbacks");
  set(natsOptions_SetReconnectedCB(raw, &Connection::on_reconnected, this), "callbacks");
  set(natsOptions_SetErrorHandler(raw, &Connection::on_error, this), "callbacks");
  set_credentials(options, settings);
  if (!settings.creds_file.empty()) {
    require_readable(settings.creds_file, "--creds");
    credentials_.emplace(settings.creds_file);
    set(credentials_->use(raw), "--creds");
  }
  if (wants_tls(settings)) {
    tls_.emplace(settings);
    tls_->use(raw);
    if (!settings.tls_server_name.empty())
      set(natsOptions_SetExpectedHostname(raw, settings.tls_server_name.c_str()), "--tls-server-name");
  }
  natsStatus status = natsConnection_Connect(&connection_, raw);
  // nats.c before 3.8 leaves out a signature that begins with a zero byte, one of 256 (its change 705), and the server
  // refuses that. It gives something else to be signed each time.
  const bool signs = !settings.nkey_file.empty() || !settings.creds_file.empty();
  for (int again = 0; signs && status == NATS_CONNECTION_AUTH_FAILED && again < most_repeats; again++)
    status = natsConnection_Connect(&connection_, raw);
  if (status == NATS_OK)
    return;
  if (const std::string refusal = credentials_ ? credentials_->refusal() : ""; !refusal.empty())
    throw StartupError(refusal);
  throw not_connected(status, settings, servers);
}

Connection::~Connection() {
  closing_ = true;
  natsConnection_Close(connection_);
  // The closed callback comes on a thread of the library and is the last one that uses this object.
  MutexLock lock(mutex_);
  closed_noted_.wait(lock, [this] { return closed_.load(); });
  const std::vector<natsSubscription *> ended = std::exchange(ended_, {});
  lock.unlock();
  for (natsSubscription *subscription : ended)
    natsSubscription_Destroy(subscription);
  natsConnection_Destroy(connection_);
}

void Connection::destroy_later(natsSubscription *subscription) {
  int messages = 0;
  natsSubscription_GetPending(subscription, &messages, nullptr);
  natsSubscription_Unsubscribe(subscription);
  {
    const MutexLock lock(mutex_);
    ended_.push_back(subscription);
    if (messages == 0 && ended_.size() < most_ended)
      return;
  }
  if (connected())
    flush();
}

// The answer to a round trip comes by the thread that gives messages to subscriptions: once it is there, that thread
// has nothing in its hands that ended before.
natsStatus Connection::flush(std::chrono::milliseconds timeout) {
  std::vector<natsSubscription *> ended;
  {
    const MutexLock lock(mutex_);
    ended.swap(ended_);
  }
  const natsStatus status = round_trip(timeout);
  if (status == NATS_OK) {
    for (natsSubscription *each : ended)
      natsSubscription_Destroy(each);
    return status;
  }
  const MutexLock lock(mutex_);
  ended_.insert(ended_.end(), ended.begin(), ended.end());
  return status;
}

// nats.c numbers the PINGs and PONGs of a connection from its last reconnect on, and waits for the PONG of a number. It
// begins anew when the connection breaks, while the thread that reads may still have PONGs of that connection
// (_processOpError and natsConn_processPong in its src/conn.c): from then on the number of a PONG is past the one that
// is waited for, and no flush is answered until the next reconnect.
natsStatus Connection::round_trip(std::chrono::milliseconds timeout) {
  const std::uint64_t now = reconnects();
  if (miscounts_in_ != now) {
    const natsStatus status = natsConnection_FlushTimeout(connection_, timeout.count());
    if (status != NATS_TIMEOUT || !connected())
      return status;
  }
  const natsStatus status = request_round_trip(timeout);
  if (status == NATS_OK)
    miscounts_in_ = now;
  return status;
}

natsStatus Connection::request_round_trip(std::chrono::milliseconds timeout) {
  std::string subject;
  std::string inbox_prefix;
  {
    const MutexLock lock(mutex_);
    subject = answering_;
    inbox_prefix = inbox_prefix_;
  }
  if (subject.empty())
    return NATS_TIMEOUT;
  try {
    request(*this, inbox_prefix, subject, "", timeout);
    return NATS_OK;
  } catch (const NoAnswer &error) {
    return error.reason == Unanswered::nobody ? NATS_OK : NATS_TIMEOUT; // which the server says in the same order
  }
}

void Connection::set_answering(const std::string &subject, const std::string &inbox_prefix) {
  const MutexLock lock(mutex_);
  answering_ = subject;
  inbox_prefix_ = inbox_prefix;
}

bool Connection::connected() const {
  return natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
}

std::string Connection::url() const {
  std::array<char, 1024> url{};
  return natsConnection_GetConnectedUrl(connection_, url.data(), url.size()) == NATS_OK ? without_secrets(url.data())
                                                                                        : "";
}

std::string Connection::last_error() const {
  const MutexLock lock(mutex_);
  return last_error_.empty() ? "no reason was given" : last_error_;
}

void Connection::on_closed(natsConnection *connection, void *self) {
  auto &noted = *static_cast<Connection *>(self);
  const char *error = nullptr;
  natsConnection_GetLastError(connection, &error);
  const MutexLock lock(noted.mutex_);
  if (error != nullptr && *error != '\0' && noted.last_error_.empty())
    noted.last_error_ = error;
  noted.closed_ = true;
  noted.closed_noted_.notify_all();
}

void Connection::on_disconnected(natsConnection *, void *self) {
  auto &noted = *static_cast<Connection *>(self);
  if (!noted.closing_)
    noted.log_.warn("disconnected from NATS, reconnecting", {{"connection", noted.role_}});
}

// Before each round of attempts to reconnect, on the thread that makes them: how long to wait first, in milliseconds.
std::int64_t Connection::on_reconnect_attempt(natsConnection *connection, int round, void *self) {
  auto &noted = *static_cast<Connection *>(self);
  std::string reason = noted.tls_ ? noted.tls_->read_again() : "";
  if (round > 1) {
    if (reason.empty() && noted.credentials_)
      reason = noted.credentials_->refusal();
    const char *error = nullptr;
    if (reason.empty() && natsConnection_GetLastError(connection, &error) != NATS_OK && error != nullptr)
      reason = error;
    // Of an attempt that did not get as far as the server, this thread alone knows.
    if (reason.empty() && (error = nats_GetLastError(nullptr)) != nullptr)
      reason = error;
    noted.note_problem(reason.empty() ? "no server answers" : reason);
  }
  return reconnect_wait_ms + static_cast<std::int64_t>(noted.jitter_() % reconnect_jitter_ms);
}

// Attempts come twice a second: a line for each new reason, and one a minute while it stays.
void Connection::note_problem(const std::string &reason) {
  std::uint64_t attempts = 0;
  {
    const MutexLock lock(mutex_);
    attempts = ++failed_attempts_;
    const auto now = std::chrono::steady_clock::now();
    const bool tell = reason != problem_ ? problems_.admit(now).has_value() : now >= next_problem_line_;
    problem_ = reason;
    if (!tell)
      return;
    next_problem_line_ = now + between_problem_lines;
  }
  log_.warn("reconnecting to NATS failed, trying again",
            {{"connection", role_}, {"reason", reason}, {"attempts", attempts}});
}

std::string Connection::problem() const {
  const MutexLock lock(mutex_);
  return problem_;
}

void Connection::on_reconnected(natsConnection *, void *self) {
  auto &noted = *static_cast<Connection *>(self);
  {
    const MutexLock lock(noted.mutex_);
    noted.problem_.clear();
    noted.failed_attempts_ = 0;
  }
  noted.reconnects_++;
  noted.log_.info("reconnected to NATS", {{"connection", noted.role_}});
}

void Connection::on_error(natsConnection *, natsSubscription *, natsStatus status, void *self) {
  auto &noted = *static_cast<Connection *>(self);
  // The text of this very error: the connection's own may be of a later one.
  natsStatus of = NATS_OK;
  const char *error = nats_GetLastError(&of);
  const std::string text = of == status && error != nullptr && *error != '\0' ? error : natsStatus_GetText(status);
  noted.violations_.note(text);
  if (const auto held_back = noted.errors_.admit())
    noted.log_.warn("NATS reports an error",
                    {{"connection", noted.role_}, {"reason", text}, {"others_not_shown", *held_back}});
  const MutexLock lock(noted.mutex_);
  noted.last_error_ = text;
}

} // namespace jetcapture::host
