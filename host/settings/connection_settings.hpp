// How NATS is reached, as the user chose it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace jetcapture::host {

// Empty text means: not given. Secrets come from files, the environment or a context.
struct ConnectionSettings {
  std::vector<std::string> servers; // nats://127.0.0.1:4222
  std::string context;              // --nats-context: a context of the `nats` tool; a path where it has a slash
  std::string user;
  std::string password;
  std::string token;
  std::string nkey_file;
  std::string creds_file;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;
  bool tls = false;         // require TLS even where no tls option is given
  std::string inbox_prefix; // "_INBOX"
  std::string js_domain;
  std::string js_api_prefix; // "$JS.API"; not together with js_domain
  std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
};

} // namespace jetcapture::host
