// A real nats-server of a test, and the JetStream side of what tests do: streams, consumers, messages.
//
// Tests run against two lines of nats-server: the usual one is the system's, or what JETCAPTURE_NATS_SERVER names; the
// current one is what tests/support/services.sh installs. JETCAPTURE_NATS_SERVER=current makes that the usual one. A
// third line, between these two in age, is for the few tests that name it.
#pragma once

#include "support/folder.hpp"
#include "support/program.hpp"

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

enum class ServerLine { usual, middle, current };

// Throws std::runtime_error where one that is to be installed is not installed: CTest counts the test as skipped; with
// CI=true it fails.
std::string server_binary(ServerLine line = ServerLine::usual);

class Server {
public:
  // Starts with JetStream on a free port of loopback; more: text added to its configuration file. Ready when it
  // returns.
  explicit Server(const std::string &more = "", ServerLine line = ServerLine::usual);
  ~Server();
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  const std::string &url() const { return url_; }
  const Folder &folder() const { return folder_; }
  void stop();  // SIGTERM, and waits
  void kill();  // SIGKILL, and waits
  void start(); // on the same port with the same store
  // Text to add to the configuration file, instead of what was added before: from the next start() or reload() on.
  void configure(const std::string &more) { more_ = more; }
  void reload(); // the configuration file, without a restart

private:
  std::string write_configuration() const;

  Folder folder_;
  std::string url_;
  const int port_;
  int starts_ = 0;
  std::string more_;
  std::string binary_;
  std::unique_ptr<Program> program_;
};

struct Message {
  std::string subject;
  std::string data;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A connection that makes streams and consumers, and publishes.
class Client {
public:
  // url: one, or several separated by commas; tls:// takes whatever certificate the server has. creds: a credentials
  // file, or none.
  explicit Client(const std::string &url, const std::string &creds = "");
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  // The JetStream API as JSON; throws std::runtime_error with the server's description.
  nlohmann::json api(const std::string &subject, const nlohmann::json &body = nullptr);

  void make_stream(const std::string &name, const std::vector<std::string> &subjects,
                   nlohmann::json more = nlohmann::json::object());
  // Lets a stream's max_msgs remove its oldest messages but for so many, and takes the limit away again.
  void shorten_stream(const std::string &name, const std::vector<std::string> &subjects, std::uint64_t messages);
  // A durable pull consumer with explicit acks; more overrides.
  void make_consumer(const std::string &stream, const std::string &name,
                     nlohmann::json more = nlohmann::json::object());
  nlohmann::json consumer(const std::string &stream, const std::string &name);
  // Acks the messages of that consumer up to a sequence, as a host does; the server has it when this returns.
  void ack_up_to(const std::string &stream, const std::string &consumer, std::uint64_t last);

  // Takes so many messages from the consumer, one after the other, acks each, and waits until the server has all acks.
  void consume(const std::string &stream, const std::string &consumer, std::size_t count);

  // Publishes and waits until the stream has them all; throws std::runtime_error where it refused some.
  void publish(std::size_t count, const std::function<Message(std::size_t)> &message);

  // Publishes one message over a socket of its own, with its headers as they stand in the block: nats.c would order
  // them itself.
  void publish_exactly(const std::string &subject, const std::string &header_block, const std::string &data);

private:
  std::string url_;
  std::atomic<std::uint64_t> refused_ = 0;
  natsConnection *connection_ = nullptr;
  jsCtx *jetstream_ = nullptr;
};

} // namespace jetcapture::test
