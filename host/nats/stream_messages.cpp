#include "nats/stream_messages.hpp"

#include "nats/headers.hpp"
#include "strings/strings.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds one_wait = 1s;
constexpr auto longest_silence = 30s;

Settings settings_for(const ConnectionSettings &where, const StreamMessages::Request &request) {
  Settings settings;
  settings.connection = where;
  settings.stream = request.stream;
  settings.consumer = request.reader;
  return settings;
}

} // namespace

StreamMessages::StreamMessages(Connection &connection, const ConnectionSettings &where, const Request &request,
                               Log &log)
    : stream_(request.stream), settings_(settings_for(where, request)), jetstream_(connection, where),
      delivery_(connection, connection, jetstream_,
                ConsumerFacts{.stream = request.stream, .consumer = request.reader, .stream_created = request.created},
                OrderedRange{.last = request.last, .stream_ends_at = request.last}, settings_, log) {}

bool StreamMessages::next(WholeMessage &message) {
  jetcapture_message taken;
  std::optional<Clock::time_point> deadline; // the clock is not read for each message
  while (!delivery_.has_reached_end()) {
    if (delivery_.next(taken, one_wait)) {
      message = {taken.stream_sequence, taken.timestamp, view(taken.subject), header_block_of(taken), view(taken.data)};
      return true;
    }
    if (!deadline)
      deadline = Clock::now() + longest_silence;
    if (Clock::now() > *deadline)
      throw NoAnswer(Unanswered::lost, "the messages of the stream " + stream_ + " don't come");
  }
  return false;
}

// Valid until the next message.
std::string_view StreamMessages::header_block_of(const jetcapture_message &message) {
  if (message.header_block.size > 0)
    return view(message.header_block);
  write_block(message.headers, message.header_count, block_);
  return block_;
}

} // namespace jetcapture::host
