#include "support/server.hpp"

#include "support/installed.hpp"
#include "support/loopback.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

void check(natsStatus status, const std::string &what) {
  if (status != NATS_OK)
    throw std::runtime_error(what + ": " + natsStatus_GetText(status));
}

} // namespace

std::string server_binary(ServerLine line) {
  const char *const variable = std::getenv("JETCAPTURE_NATS_SERVER");
  const std::string given = variable == nullptr ? "" : variable;
  if (line != ServerLine::usual || given == "current") {
    const std::string installed = line == ServerLine::middle ? "nats-server-middle" : "nats-server-current";
    const std::filesystem::path binary = installed_folder(installed) / "nats-server";
    if (!std::filesystem::exists(binary))
      throw std::runtime_error((in_ci() ? "in CI no test is skipped, and this one needs " : "skipped: it needs ") +
                               installed + ": " + why_missing(installed));
    return binary.string();
  }
  if (!given.empty())
    return given;
  // Debian puts it where only root's PATH looks.
  return std::filesystem::exists("/usr/sbin/nats-server") ? "/usr/sbin/nats-server" : "nats-server";
}

Server::Server(const std::string &more, ServerLine line)
    : port_(free_port()), more_(more), binary_(server_binary(line)) {
  start();
}

Server::~Server() = default;

std::string Server::write_configuration() const {
  const std::string config = folder_ / "server.conf";
  write_file(config, "listen: 127.0.0.1:" + std::to_string(port_) + "\nserver_name: test\njetstream { store_dir: \"" +
                         folder_ / "jetstream" + "\" }\nports_file_dir: \"" + folder_.path().string() + "\"\n" + more_);
  return config;
}

void Server::start() {
  const std::string config = write_configuration();
  program_ = std::make_unique<Program>(std::vector<std::string>{binary_, "-c", config},
                                       folder_ / ("server-" + std::to_string(++starts_) + ".log"));
  const std::string ports = folder_ / ("nats-server_" + std::to_string(program_->pid()) + ".ports");
  const bool ready = eventually(15s, [&] {
    if (!program_->running())
      return true;
    const json file = json::parse(read_file(ports), nullptr, false);
    if (!file.is_object() || !file.contains("nats") || file["nats"].empty())
      return false;
    url_ = file["nats"][0];
    return program_->output().find("Server is ready") != std::string::npos;
  });
  if (!ready || !program_->running())
    throw std::runtime_error("nats-server did not start: " + program_->output());
}

void Server::reload() {
  const auto reloads = [this] {
    const std::string output = program_->output();
    const std::string told = "Reloaded server configuration";
    std::size_t count = 0;
    for (std::size_t at = output.find(told); at != std::string::npos; at = output.find(told, at + 1))
      count++;
    return count;
  };
  const std::size_t before = reloads();
  write_configuration();
  program_->signal(SIGHUP);
  if (!eventually(10s, [&] { return reloads() > before; }))
    throw std::runtime_error("nats-server did not reload its configuration: " + program_->output());
}

void Server::stop() {
  program_->signal(SIGTERM);
  if (!program_->wait(20s))
    throw std::runtime_error("nats-server did not stop");
}

void Server::kill() {
  program_->signal(SIGKILL);
  program_->wait(10s);
}

Client::Client(const std::string &url, const std::string &creds) : url_(url) {
  std::vector<std::string> servers;
  std::istringstream list(url);
  for (std::string server; std::getline(list, server, ',');)
    servers.push_back(server);
  std::vector<const char *> pointers;
  for (const std::string &server : servers)
    pointers.push_back(server.c_str());
  natsOptions *settings = nullptr;
  check(natsOptions_Create(&settings), "options");
  natsStatus status = natsOptions_SetServers(settings, pointers.data(), static_cast<int>(pointers.size()));
  if (status == NATS_OK && url.starts_with("tls:"))
    status = natsOptions_SetSecure(settings, true);
  if (status == NATS_OK && url.starts_with("tls:"))
    status = natsOptions_SkipServerVerification(settings, true);
  if (status == NATS_OK && !creds.empty())
    status = natsOptions_SetUserCredentialsFromFiles(settings, creds.c_str(), nullptr);
  if (status == NATS_OK)
    status = natsConnection_Connect(&connection_, settings);
  natsOptions_Destroy(settings);
  check(status, "connecting to " + url);
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = 10000;
  // Servers since 2.11 refuse what is published beyond 10,000 waiting messages of a stream.
  options.PublishAsync.MaxPending = 5000;
  options.PublishAsync.StallWait = 60000;
  options.PublishAsync.ErrHandler = [](jsCtx *, jsPubAckErr *, void *refused) {
    ++*static_cast<std::atomic<std::uint64_t> *>(refused);
  };
  options.PublishAsync.ErrHandlerClosure = &refused_;
  check(natsConnection_JetStream(&jetstream_, connection_, &options), "JetStream");
}

Client::~Client() {
  jsCtx_Destroy(jetstream_);
  natsConnection_Destroy(connection_);
}

json Client::api(const std::string &subject, const json &body) {
  const std::string text = body.is_null() ? "" : body.dump();
  natsMsg *answer = nullptr;
  check(natsConnection_RequestString(&answer, connection_, ("$JS.API." + subject).c_str(), text.c_str(), 10000),
        subject);
  const json result =
      json::parse(std::string(natsMsg_GetData(answer), static_cast<std::size_t>(natsMsg_GetDataLength(answer))));
  natsMsg_Destroy(answer);
  if (result.contains("error"))
    throw std::runtime_error(subject + ": " + result["error"].value("description", ""));
  return result;
}

void Client::make_stream(const std::string &name, const std::vector<std::string> &subjects, json more) {
  json config = {{"name", name}, {"subjects", subjects}, {"storage", "file"}, {"num_replicas", 1}};
  config.update(more);
  api("STREAM.CREATE." + name, config);
}

void Client::shorten_stream(const std::string &name, const std::vector<std::string> &subjects, std::uint64_t messages) {
  for (const std::int64_t most : {static_cast<std::int64_t>(messages), std::int64_t{-1}})
    api("STREAM.UPDATE." + name,
        {{"name", name}, {"subjects", subjects}, {"storage", "file"}, {"num_replicas", 1}, {"max_msgs", most}});
}

void Client::make_consumer(const std::string &stream, const std::string &name, json more) {
  json config = {
      {"durable_name", name}, {"ack_policy", "explicit"}, {"deliver_policy", "all"}, {"replay_policy", "instant"}};
  config.update(more);
  api("CONSUMER.DURABLE.CREATE." + stream + "." + name, {{"stream_name", stream}, {"config", config}});
}

json Client::consumer(const std::string &stream, const std::string &name) {
  return api("CONSUMER.INFO." + stream + "." + name);
}

void Client::ack_up_to(const std::string &stream, const std::string &consumer, std::uint64_t last) {
  for (std::uint64_t sequence = 1; sequence <= last; sequence++) {
    const std::string subject = "$JS.ACK." + stream + "." + consumer + ".0." + std::to_string(sequence) + ".0.0.0";
    check(natsConnection_PublishString(connection_, subject.c_str(), ""), subject);
  }
  check(natsConnection_FlushTimeout(connection_, 10000), "acking");
}

void Client::consume(const std::string &stream, const std::string &consumer, std::size_t count) {
  constexpr std::int64_t timeout = 10'000;
  const std::string next = "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer;
  for (std::size_t i = 0; i < count; i++) {
    natsMsg *message = nullptr;
    check(natsConnection_RequestString(&message, connection_, next.c_str(), "1", timeout), next);
    const std::string ack = natsMsg_GetReply(message) == nullptr ? "" : natsMsg_GetReply(message);
    natsMsg_Destroy(message);
    // A request: its answer says that the server has the ack.
    natsMsg *answer = nullptr;
    check(natsConnection_RequestString(&answer, connection_, ack.c_str(), "", timeout), "acking");
    natsMsg_Destroy(answer);
  }
}

void Client::publish(std::size_t count, const std::function<Message(std::size_t)> &message) {
  for (std::size_t i = 1; i <= count; i++) {
    const Message given = message(i);
    natsMsg *raw = nullptr;
    check(natsMsg_Create(&raw, given.subject.c_str(), nullptr, given.data.data(), static_cast<int>(given.data.size())),
          "message");
    for (const auto &[name, value] : given.headers)
      check(natsMsgHeader_Add(raw, name.c_str(), value.c_str()), "header");
    check(js_PublishMsgAsync(jetstream_, &raw, nullptr), "publishing");
    natsMsg_Destroy(raw);
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = 60000;
  check(js_PublishAsyncComplete(jetstream_, &options), "publishing");
  if (const std::uint64_t refused = refused_.exchange(0); refused > 0)
    throw std::runtime_error("the server refused " + std::to_string(refused) + " messages");
}

void Client::publish_exactly(const std::string &subject, const std::string &header_block, const std::string &data) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string text = "CONNECT {\"headers\":true,\"verbose\":false,\"protocol\":1}\r\nHPUB " + subject + " " +
                           std::to_string(header_block.size()) + " " +
                           std::to_string(header_block.size() + data.size()) + "\r\n" + header_block + data +
                           "\r\nPING\r\n";
  std::string answer;
  bool good = ::connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 &&
              ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  while (good && answer.find("PONG") == std::string::npos) {
    char buffer[4096];
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    good = count > 0;
    if (good)
      answer.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(socket);
  if (!good || answer.find("-ERR") != std::string::npos)
    throw std::runtime_error("publishing over a socket: " + answer);
}

} // namespace jetcapture::test
