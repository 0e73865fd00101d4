// What most fault tests begin with: a server with stream S and consumer C, a client, a host that listens.
#pragma once

#include "capture/deliveries.hpp"
#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

struct Scene {
  // consumer: more of its settings.
  explicit Scene(std::chrono::nanoseconds ack_wait, const nlohmann::json &consumer = nlohmann::json::object())
      : Scene(Delivery::shared, ack_wait, consumer) {}
  // With ordered delivery there is no consumer.
  Scene(Delivery kind, std::chrono::nanoseconds ack_wait, const nlohmann::json &consumer = nlohmann::json::object())
      : delivery(kind) {
    client->make_stream("S", {"s.>"});
    nlohmann::json settings = {{"ack_wait", ack_wait.count()}, {"max_ack_pending", 100000}};
    settings.update(consumer);
    make_consumer_for(delivery, *client, settings);
  }

  void kill_server() {
    client.reset();
    server.kill();
  }
  void start_server() {
    server.start();
    client = std::make_unique<Client>(server.url());
  }

  nlohmann::json consumer() { return client->consumer("S", "C"); }
  std::vector<std::string> flags(std::vector<std::string> more) const {
    return with_delivery(delivery, std::move(more));
  }
  bool has_stored(std::uint64_t count) { return test::has_stored(delivery, *client, host, count); }
  // Until the host has taken so many messages, and the server has no more for it.
  void wait_until_in_flight(std::uint64_t count) {
    using namespace std::chrono_literals;
    REQUIRE_MESSAGE(eventually(30s,
                               [&] {
                                 return (delivery == Delivery::ordered || consumer()["num_pending"] == 0) &&
                                        host.metric("jetcapture_in_flight_messages") == static_cast<double>(count);
                               }),
                    host.output());
  }

  const Delivery delivery;
  Server server;
  std::unique_ptr<Client> client = std::make_unique<Client>(server.url());
  WatchedHost host{server};
};

// While it lives the store file can't store blocks of that destination key: a file stands where their folder should be.
class InTheWay {
public:
  InTheWay(const Host &host, const std::string &key) : file_(std::filesystem::path(host.root()) / key) {
    write_file(file_, "");
  }
  ~InTheWay() { std::filesystem::remove(file_); }
  InTheWay(const InTheWay &) = delete;
  InTheWay &operator=(const InTheWay &) = delete;

private:
  std::filesystem::path file_;
};

// Flags of the stages message-to-several-keys, ndjson and file: the data of a message are its keys, separated by
// commas.
inline std::vector<std::string> with_hard_plugins(std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--plugin-dir", JETCAPTURE_HARD_PLUGINS});
  return flags;
}
inline const std::vector<std::string> to_several_keys = {"fan_out", "ndjson", "file"};

} // namespace jetcapture::test
