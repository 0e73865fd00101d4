#include "ordered_reading.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sstream>
#include <string_view>
#include <unistd.h>

namespace jetcapture::test {

using namespace std::chrono_literals;
using namespace jetcapture::host;

host::ConnectionSettings connection_to(const std::string &urls) {
  ConnectionSettings settings;
  std::istringstream list(urls);
  for (std::string url; std::getline(list, url, ',');)
    settings.servers.push_back(url);
  return settings;
}

OrderedReading::OrderedReading(const std::string &urls, Settings given, std::uint64_t after,
                               std::chrono::nanoseconds inactive_threshold)
    : log_file_(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      log_(Level::debug, LogFormat::text, log_file_), settings_(std::move(given)) {
  settings_.connection = connection_to(urls);
  settings_.delivery = DeliveryKind::ordered;
  settings_.stream = "S";
  settings_.consumer = "C";
  pulls_ = std::make_unique<Connection>(settings_.connection, "pull", log_);
  asks_ = std::make_unique<Connection>(settings_.connection, "ask", log_);
  jetstream_ = std::make_unique<JetStream>(*asks_, settings_.connection);
  std::vector<std::string> warnings;
  const ConsumerFacts facts = bind_ordered(*jetstream_, settings_, warnings);
  delivery_ = std::make_unique<OrderedConsumerDelivery>(
      *pulls_, *asks_, *jetstream_, facts, range_behind(*jetstream_, "S", after), settings_, log_, inactive_threshold);
}

OrderedReading::~OrderedReading() {
  delivery_.reset();
  ::close(log_file_);
}

bool OrderedReading::next(std::chrono::milliseconds wait) {
  jetcapture_message message{};
  if (!delivery_->next(message, wait))
    return false;
  CHECK(message.stream_sequence > (sequences_.empty() ? 0 : sequences_.back()));
  CHECK(message.consumer_sequence == sequences_.size() + 2);
  CHECK(message.deliveries == 1);
  CHECK(std::string_view(message.consumer.data, message.consumer.size) == "C");
  sequences_.push_back(message.stream_sequence);
  return true;
}

bool OrderedReading::read_up_to(std::uint64_t last, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (sequences_.empty() || sequences_.back() < last)
    if (!next() && std::chrono::steady_clock::now() > deadline)
      return false;
  return true;
}

std::string OrderedReading::failure(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  try {
    while (std::chrono::steady_clock::now() < deadline)
      next();
  } catch (const DeliveryError &error) {
    return error.what();
  }
  return "";
}

std::string OrderedReading::log() const {
  return read_file(folder_ / "log");
}

std::vector<std::string> OrderedReading::consumers(Client &client) {
  std::vector<std::string> names;
  const nlohmann::json answer = client.api("CONSUMER.NAMES.S");
  if (answer.contains("consumers") && answer["consumers"].is_array())
    for (const nlohmann::json &name : answer["consumers"])
      names.push_back(name);
  return names;
}

} // namespace jetcapture::test
