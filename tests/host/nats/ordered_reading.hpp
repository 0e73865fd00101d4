// A stream that a test reads by ordered delivery.
#pragma once

#include "nats/ordered_consumer.hpp"
#include "nats/ordered_consumer_delivery.hpp"
#include "settings/settings.hpp"
#include "support/sequences.hpp"
#include "support/server.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::test {

// One reader of stream S, with its log in a file.
class OrderedReading {
public:
  explicit OrderedReading(const std::string &urls, host::Settings given = {}, std::uint64_t after = 0,
                          std::chrono::nanoseconds inactive_threshold = host::usual_inactive_threshold);
  ~OrderedReading();
  OrderedReading(const OrderedReading &) = delete;
  OrderedReading &operator=(const OrderedReading &) = delete;

  // Reads until the message with that sequence has come. False: it did not in time.
  bool read_up_to(std::uint64_t last, std::chrono::milliseconds timeout = std::chrono::seconds(50));
  // One call of next().
  bool next(std::chrono::milliseconds wait = std::chrono::milliseconds(100));
  // What next() throws within some time; empty: nothing.
  std::string failure(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  host::OrderedConsumerDelivery &delivery() { return *delivery_; }
  const std::vector<std::uint64_t> &sequences() const { return sequences_; }
  std::string log() const;
  // The names of the consumers on the stream.
  static std::vector<std::string> consumers(Client &client);

private:
  Folder folder_;
  int log_file_;
  host::Log log_;
  host::Settings settings_;
  std::unique_ptr<host::Connection> pulls_;
  std::unique_ptr<host::Connection> asks_;
  std::unique_ptr<host::JetStream> jetstream_;
  std::unique_ptr<host::OrderedConsumerDelivery> delivery_;
  std::vector<std::uint64_t> sequences_;
};

// The address of one server, or of several separated by commas, for a client of the host.
host::ConnectionSettings connection_to(const std::string &urls);

} // namespace jetcapture::test
