#include "support/services.hpp"

#include "support/installed.hpp"
#include "support/loopback.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;

namespace {

constexpr auto start_time = 30s;

std::string program_of(const std::string &service) {
  return (installed_folder(service) / (service == "azurite" ? "node_modules/.bin/azurite-blob" : "versitygw")).string();
}

bool answers(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

// The services can't say which port they took. A program that is none of ours may have taken it meanwhile: then one
// ends, and is started on another.
template <class Command>
std::unique_ptr<Program> started(const std::string &log, int &port, Command command) {
  for (int tries = 0; tries < 5; tries++) {
    port = free_port();
    auto program = std::make_unique<Program>(command(port), log);
    if (eventually(start_time, [&] { return !program->running() || answers(port); }) && program->running())
      return program;
  }
  throw std::runtime_error("the service did not start: " + read_file(log));
}

} // namespace

bool skipped(const std::string &service) {
  if (std::filesystem::exists(program_of(service)))
    return false;
  const std::string reason = why_missing(service);
  if (in_ci())
    FAIL("in CI no test is skipped, and this one needs ", service, ": ", reason);
  std::printf("skipped: it needs %s: %s\n", service.c_str(), reason.c_str());
  return true;
}

S3Server::S3Server(const std::string &region, const std::string &service) {
  std::filesystem::create_directories(bucket());
  std::filesystem::create_directories(folder_.path() / "users");
  int port = 0;
  program_ = started(folder_ / "server.log", port, [&](int free) {
    return std::vector<std::string>{program_of(service),
                                    "--port",
                                    "127.0.0.1:" + std::to_string(free),
                                    "--access",
                                    access_key,
                                    "--secret",
                                    secret_key,
                                    "--region",
                                    region,
                                    "--iam-dir",
                                    folder_ / "users",
                                    "--iam-cache-disable",
                                    "posix",
                                    folder_ / "data"};
  });
  url_ = "http://127.0.0.1:" + std::to_string(port);
}

std::string S3Server::object(const std::string &key) const {
  return read_file(bucket() / key);
}

void S3Server::place(const std::string &key, const std::string &bytes) const {
  write_file(bucket() / key, bytes);
}

std::vector<std::string> S3Server::objects() const {
  std::vector<std::string> keys;
  for (const std::string &file : files_below(bucket()))
    if (!file.starts_with(".sgwtmp/"))
      keys.push_back(file);
  return keys;
}

void S3Server::lock_objects() const {
  const std::string lock = R"({"Enabled":true,"DefaultRetention":{"Mode":"COMPLIANCE","Days":36500},)"
                           R"("CreatedAt":"2026-01-01T00:00:00Z"})";
  if (::setxattr(bucket().c_str(), "user.bucket-lock", lock.data(), lock.size(), 0) != 0)
    throw std::runtime_error("the bucket can't be locked: its folder takes no attribute");
}

std::size_t S3Server::unfinished_uploads() const {
  std::size_t count = 0;
  const auto uploads = bucket() / ".sgwtmp" / "multipart";
  if (std::filesystem::exists(uploads))
    for (const auto &object : std::filesystem::directory_iterator(uploads))
      for ([[maybe_unused]] const auto &upload : std::filesystem::directory_iterator(object))
        count++;
  return count;
}

std::string S3Server::metadata(const std::string &key, const std::string &name) const {
  char value[1024];
  const ssize_t size = ::getxattr((bucket() / key).c_str(), ("user." + name).c_str(), value, sizeof value);
  return size < 0 ? "" : std::string(value, static_cast<std::size_t>(size));
}

void S3Server::add_user(const std::string &user, const std::string &secret) {
  Program admin({program_of("versitygw"), "admin", "--access", access_key, "--secret", secret_key, "--endpoint-url",
                 url_, "create-user", "--access", user, "--secret", secret, "--role", "user"},
                folder_ / "admin.log");
  const auto status = admin.wait(20s);
  if (status != 0)
    throw std::runtime_error("the user could not be made: " + admin.output());
}

AzureServer::AzureServer(bool encrypted) {
  std::vector<std::string> more;
  if (encrypted) {
    Program maker({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                   "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder_ / "key.pem", "-out", certificate()},
                  folder_ / "openssl.log");
    if (maker.wait(start_time) != 0)
      throw std::runtime_error("openssl made no certificate: " + maker.output());
    more = {"--oauth", "basic", "--cert", certificate(), "--key", folder_ / "key.pem"};
  }
  int port = 0;
  program_ = started(folder_ / "server.log", port, [&](int free) {
    std::vector<std::string> command{program_of("azurite"), "--blobHost", "127.0.0.1",      "--blobPort",
                                     std::to_string(free),  "--location", folder_ / "data", "--skipApiVersionCheck",
                                     "--disableTelemetry"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  });
  url_ = std::string(encrypted ? "https" : "http") + "://127.0.0.1:" + std::to_string(port) + "/" + account;
}

std::string AzureServer::client(std::vector<std::string> arguments) const {
  const Folder folder;
  arguments.insert(arguments.begin(), {"python3", JETCAPTURE_AZURE_CLIENT});
  Program python(arguments, folder / "output",
                 {{"AZURE_TEST_ACCOUNT", account}, {"AZURE_TEST_KEY", key}, {"SSL_CERT_FILE", certificate()}});
  if (python.wait(30s) != 0)
    throw std::runtime_error("Python's client failed: " + python.output());
  return python.output();
}

AzureServer::Blob AzureServer::blob(const std::string &container, const std::string &name) const {
  const Folder folder;
  const std::string headers = client({"get", url_, container, name, folder / "bytes"});
  return {read_file(folder / "bytes"), headers};
}

void AzureServer::lease(const std::string &container, const std::string &name) const {
  client({"lease", url_, container, name});
}

std::string AzureServer::signature(const std::string &permissions, int seconds) const {
  return client({"sas", permissions, std::to_string(seconds)});
}

} // namespace jetcapture::test
