// The messages of a stream in its order, each once, through consumers without acks: as clients get them, with their
// sequences, times and header blocks.
//
// Servers before 2.10 go through the sequences of a gap one by one, and answer nothing meanwhile.
//
// Of a message without data that has headers nats.c changes the header block before it can be read; what is given is
// put together again, which may be wrong (is_surely_read()).
//
// One thread.
#pragma once

#include "delivery/whole_message.hpp"
#include "nats/jetstream.hpp"
#include "nats/ordered_consumer_delivery.hpp"
#include "settings/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::host {

class StreamMessages : public MessageSource {
public:
  struct Request {
    std::string stream;
    std::string created;    // as the server tells it
    std::uint64_t last = 0; // the sequence of its last message; 0: it has none
    std::string reader;     // part of the consumers' names
  };
  // The stream has no other retention than limits. All else that is given outlives it.
  StreamMessages(Connection &connection, const ConnectionSettings &where, const Request &request, Log &log);

  // Goes on with another consumer after a reconnect or a change of leader. Throws NoAnswer: nothing comes;
  // DeliveryError: the stream is gone, or another one.
  bool next(WholeMessage &message) override;

  static bool is_surely_read(const WholeMessage &message) { return message.headers.empty() || !message.data.empty(); }

private:
  std::string_view header_block_of(const jetcapture_message &message);

  const std::string stream_;
  const Settings settings_;
  JetStream jetstream_;
  OrderedConsumerDelivery delivery_;
  std::string block_;
};

} // namespace jetcapture::host
