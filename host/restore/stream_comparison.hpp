// Whether a stream has the messages of a backup as they were: sequence, time, subject, header block and data, each
// message asked of the stream's leader. A consumer would be faster, but nats.c changes header blocks that it receives,
// a work queue allows no second consumer, and a direct get may ask a replica that lags.
#pragma once

#include "delivery/whole_message.hpp"
#include "nats/jetstream.hpp"
#include "nats/pipelined_requests.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Comparison {
  std::uint64_t messages = 0;           // of the backup
  std::uint64_t different = 0;          // of these, or not in the stream
  std::vector<std::string> differences; // a sentence for each of the first ones
};

class StreamComparison {
public:
  static constexpr std::size_t most_told = 10;

  // api_prefix: of the JetStream API.
  StreamComparison(Connection &connection, const std::string &inbox_prefix, const std::string &api_prefix,
                   const std::string &stream);

  // [may block] progress: how many messages were compared so far. Throws NoAnswer, and what the source throws.
  Comparison compare(MessageSource &messages, const std::function<void(std::uint64_t)> &progress);

private:
  struct Asked {
    std::uint64_t sequence = 0;
    std::int64_t timestamp = 0;
    std::string subject;
    std::string headers;
    std::string data;
    int times = 1;
  };
  void ask(std::uint64_t number, const Asked &asked);
  void take_answer();
  // False: it is no answer yet.
  bool compare(const Asked &asked, std::string_view answer);

  PipelinedRequests requests_;
  const std::string subject_;
  std::map<std::uint64_t, Asked> open_; // by their numbers
  std::size_t open_bytes_ = 0;
  std::uint64_t last_number_ = 0;
  Comparison result_;
};

} // namespace jetcapture::host
