#include "nats/connection.hpp"

#include "nats/handles.hpp"
#include "nats/nkey.hpp"
#include "settings/error.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr int io_buffer = 512 << 10;
constexpr int ping_interval_ms = 15000;
constexpr int reconnect_wait_ms = 500;
constexpr int reconnect_jitter_ms = 250;

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
    return "user " + settings.user;
  return "no credentials (give --creds, --nkey, --user with a password, or a token)";
}

class OptionsBuilder {
public:
  OptionsBuilder() {
    natsOptions *raw = nullptr;
    check(natsOptions_Create(&raw), "memory");
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

void set_tls(const OptionsBuilder &options, const ConnectionSettings &settings) {
  const bool wanted =
      settings.tls || !settings.tls_ca.empty() || !settings.tls_cert.empty() || !settings.tls_server_name.empty();
  if (!wanted)
    return;
  require_readable(settings.tls_ca, "--tlsca");
  require_readable(settings.tls_cert, "--tlscert");
  require_readable(settings.tls_key, "--tlskey");
  if (settings.tls_cert.empty() != settings.tls_key.empty())
    throw StartupError("a client certificate needs both --tlscert and --tlskey");
  options.check(natsOptions_SetSecure(options.get(), true), "--tls");
  if (!settings.tls_ca.empty())
    options.check(natsOptions_LoadCATrustedCertificates(options.get(), settings.tls_ca.c_str()),
                  "--tlsca " + settings.tls_ca);
  if (!settings.tls_cert.empty())
    options.check(natsOptions_LoadCertificatesChain(options.get(), settings.tls_cert.c_str(), settings.tls_key.c_str()),
                  "--tlscert " + settings.tls_cert);
  if (!settings.tls_server_name.empty())
    options.check(natsOptions_SetExpectedHostname(options.get(), settings.tls_server_name.c_str()),
                  "--tls-server-name");
}

StartupError not_connected(natsStatus status, const ConnectionSettings &settings,
                           const std::vector<std::string> &servers) {
  const char *raw = nats_GetLastError(nullptr);
  const std::string detail = raw == nullptr ? "" : raw;
  const std::string where = list(servers);
  // nats.c tells an authorization violation from others only by its text when several servers were tried.
  if (status == NATS_CONNECTION_AUTH_FAILED || status == NATS_NOT_PERMITTED ||
      detail.find("uthorization") != std::string::npos || detail.find("uthentication") != std::string::npos)
    return StartupError("NATS at " + where + " refuses " + credentials_used(settings) + ": check the credentials");
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

Connection::Connection(const ConnectionSettings &settings, const std::string &role, Log &log) : role_(role), log_(log) {
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
  set(natsOptions_SetReconnectWait(raw, reconnect_wait_ms), "reconnects");
  set(natsOptions_SetReconnectJitter(raw, reconnect_jitter_ms, reconnect_jitter_ms), "reconnects");
  set(natsOptions_SetPingInterval(raw, ping_interval_ms), "pings");
  set(natsOptions_SetIOBufSize(raw, io_buffer), "buffers");
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
    credentials_.emplace(settings.creds_file, role, log);
    set(credentials_->use(raw), "--creds");
  }
  set_tls(options, settings);
  const natsStatus status = natsConnection_Connect(&connection_, raw);
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
  std::unique_lock lock(mutex_);
  closed_noted_.wait(lock, [this] { return closed_.load(); });
  lock.unlock();
  natsConnection_Destroy(connection_);
}

bool Connection::connected() const {
  return natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
}

std::string Connection::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_.empty() ? "no reason was given" : last_error_;
}

void Connection::on_closed(natsConnection *connection, void *self) {
  auto &noted = *static_cast<Connection *>(self);
  const char *error = nullptr;
  natsConnection_GetLastError(connection, &error);
  const std::lock_guard lock(noted.mutex_);
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

void Connection::on_reconnected(natsConnection *, void *self) {
  auto &noted = *static_cast<Connection *>(self);
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
  const std::lock_guard lock(noted.mutex_);
  noted.last_error_ = text;
}

} // namespace jetcapture::host
