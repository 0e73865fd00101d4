// Whether a stream has messages as they are expected: sequence, time, subject, header block and data, each message
// asked of the stream's leader. A consumer is much faster (nats/stream_messages.hpp), but nats.c changes some header
// blocks that it receives, and a work queue allows no second consumer; a direct get may ask a replica that lags.
#pragma once

#include "delivery/whole_message.hpp"
#include "nats/jetstream.hpp"
#include "nats/pipelined_requests.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Comparison {
  std::uint64_t messages = 0;           // that are expected
  std::uint64_t different = 0;          // of these, or not in the stream
  std::vector<std::string> differences; // a sentence for each of the first ones
};

class StreamComparison {
public:
  static constexpr std::size_t most_told = 10;

  // api_prefix: of the JetStream API.
  StreamComparison(Connection &connection, const std::string &inbox_prefix, const std::string &api_prefix,
                   const std::string &stream);

  // [may block] Throws NoAnswer.
  void expect(const WholeMessage &message);
  // [may block] What all of them come to. The same.
  Comparison end();

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
  std::map<std::uint64_t, std::string> first_differences_; // by sequence: answers come in any order
  Comparison result_;
};

} // namespace jetcapture::host
