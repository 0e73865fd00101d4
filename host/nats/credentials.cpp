#include "nats/credentials.hpp"

#include "settings/error.hpp"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

void wipe(std::string &secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

// The line that follows the one that begins a section, as in "-----BEGIN NATS USER JWT-----"; empty where there is
// none.
std::string_view section(std::string_view text, std::string_view name) {
  const std::size_t begin = text.find("BEGIN " + std::string(name));
  if (begin == std::string_view::npos)
    return {};
  const std::size_t line = text.find('\n', begin);
  if (line == std::string_view::npos)
    return {};
  std::string_view content = text.substr(line + 1);
  content = content.substr(0, content.find('\n'));
  const std::size_t first = content.find_first_not_of(" \t");
  const std::size_t last = content.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view() : content.substr(first, last + 1 - first);
}

// Base64 with - and _ and without padding (RFC 7515). Empty: not that.
std::string decode_base64url(std::string_view text) {
  std::string padded(text);
  for (char &c : padded)
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  const int count =
      EVP_DecodeBlock(reinterpret_cast<unsigned char *>(bytes.data()),
                      reinterpret_cast<const unsigned char *>(padded.data()), static_cast<int>(padded.size()));
  if (count < 0 || static_cast<std::size_t>(count) < padding)
    return {};
  bytes.resize(static_cast<std::size_t>(count) - padding);
  return bytes;
}

// The second of the three parts of a JWT is its claims (RFC 7519).
std::optional<std::int64_t> expiry(std::string_view jwt) {
  const std::size_t begin = jwt.find('.');
  const std::size_t end = jwt.find('.', begin + 1);
  if (begin == std::string_view::npos || end == std::string_view::npos)
    return std::nullopt;
  const nlohmann::json claims =
      nlohmann::json::parse(decode_base64url(jwt.substr(begin + 1, end - begin - 1)), nullptr, false);
  if (!claims.is_object())
    return std::nullopt;
  const auto found = claims.find("exp");
  if (found == claims.end() || !found->is_number_integer() || *found == 0)
    return std::nullopt;
  return found->get<std::int64_t>();
}

std::string utc(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

} // namespace

Credentials::~Credentials() {
  wipe(seed);
}

Credentials parse_credentials(std::string_view text, const std::string &file) {
  Credentials credentials;
  credentials.jwt = section(text, "NATS USER JWT");
  credentials.seed = section(text, "USER NKEY SEED");
  if (text.starts_with("SU") && credentials.jwt.empty())
    throw StartupError("--creds: the file " + file + " is an nkey seed file: give it by --nkey");
  if (credentials.jwt.empty() || credentials.seed.empty())
    throw StartupError("--creds: the file " + file + " holds no " +
                       (credentials.jwt.empty() ? "NATS USER JWT" : "USER NKEY SEED") +
                       ": give a file as `nsc generate creds` writes it");
  credentials.expires = expiry(credentials.jwt);
  return credentials;
}

CredentialsFile::CredentialsFile(std::string file) : file_(std::move(file)) {}

natsStatus CredentialsFile::use(natsOptions *options) {
  return natsOptions_SetUserCredentialsCallbacks(options, &on_jwt, this, &on_nonce, this);
}

std::string CredentialsFile::refusal() {
  const MutexLock lock(mutex_);
  return refusal_;
}

std::string CredentialsFile::read_jwt() {
  std::ifstream stream(file_, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream)
    throw StartupError("--creds: the file " + file_ + " can't be read");
  std::string content = std::move(text).str();
  const Credentials credentials = parse_credentials(content, file_);
  wipe(content);
  if (credentials.expires && *credentials.expires <= std::time(nullptr))
    throw StartupError("the credentials in " + file_ + " expired at " + utc(*credentials.expires) +
                       ": renew the file, which is read at each attempt to connect");
  seed_ = credentials.seed;
  return credentials.jwt;
}

natsStatus CredentialsFile::on_jwt(char **jwt, char **refusal, void *self) {
  auto &file = *static_cast<CredentialsFile *>(self);
  const MutexLock lock(file.mutex_);
  try {
    *jwt = ::strdup(file.read_jwt().c_str());
    file.refusal_.clear();
    return *jwt == nullptr ? NATS_NO_MEMORY : NATS_OK;
  } catch (const std::exception &error) {
    file.refusal_ = error.what();
    *refusal = ::strdup(error.what());
    return NATS_ERR;
  }
}

natsStatus CredentialsFile::on_nonce(char **, unsigned char **signature, int *length, const char *nonce, void *self) {
  auto &file = *static_cast<CredentialsFile *>(self);
  const MutexLock lock(file.mutex_);
  const natsStatus status = nats_Sign(file.seed_.c_str(), nonce, signature, length);
  wipe(file.seed_);
  return status;
}

} // namespace jetcapture::host
