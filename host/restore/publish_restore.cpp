#include "restore/publish_restore.hpp"

#include "nats/consumer.hpp"
#include "nats/pipelined_requests.hpp"
#include "nats/request.hpp"
#include "restore/base64_bytes.hpp"
#include "settings/error.hpp"
#include "threads/fault_point.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr int not_found = 404;
constexpr std::uint64_t most_looked_back = 1000; // for the last message of an earlier run
constexpr std::size_t most_open = 4096; // servers since 2.11 refuse more than 10,000 waiting messages of a stream
constexpr std::size_t most_open_bytes = 16u << 20;
constexpr std::chrono::milliseconds timeout = 30s; // of one answer

// Where a message has to stand.
struct Expected {
  std::uint64_t last_sequence = 0;
  std::uint64_t last_original = 0; // 0: it is the first one of this run
};

Origin origin_of(const PublishRequest &request) {
  return {request.original, request.chosen};
}

std::string id_of(const PublishRequest &request, std::uint64_t original) {
  return "jetcapture:" + request.original + ":" + request.chosen + (request.chosen.empty() ? "" : ":") +
         std::to_string(original);
}

MessagePtr message_of(const WholeMessage &message, const PublishRequest &request, const std::string &reply,
                      const Expected &expected) {
  const std::string subject = request.subject_prefix + std::string(message.subject);
  natsMsg *raw = nullptr;
  natsStatus status =
      natsMsg_Create(&raw, subject.c_str(), reply.c_str(), message.data.data(), static_cast<int>(message.data.size()));
  MessagePtr made(raw);
  Headers headers = published_headers(message, origin_of(request));
  headers.emplace_back("Nats-Expected-Stream", request.stream);
  headers.emplace_back("Nats-Msg-Id", id_of(request, message.sequence));
  headers.emplace_back("Nats-Expected-Last-Sequence", std::to_string(expected.last_sequence));
  if (expected.last_original > 0)
    headers.emplace_back("Nats-Expected-Last-Msg-Id", id_of(request, expected.last_original));
  for (const auto &[name, value] : headers)
    // A line without a name is nothing that can be published.
    if (status == NATS_OK && !name.empty())
      status = natsMsgHeader_Add(raw, name.c_str(), value.c_str());
  if (status != NATS_OK)
    throw RestoreError("message " + std::to_string(message.sequence) +
                       " can't be published: " + natsStatus_GetText(status));
  return made;
}

} // namespace

// What is published and not confirmed yet.
class PublishRestore::Window {
public:
  Window(Connection &connection, const std::string &inbox_prefix, const PublishRequest &request)
      : requests_(connection, inbox_prefix), request_(request),
        usual_begin_(R"({"stream":")" + request.stream + R"(", "seq":)") {}

  // Each message expects the one before it.
  void publish(const WholeMessage &message, const Expected &expected) {
    while (!open_.empty() && (open_.size() >= most_open || bytes_ + message.data.size() > most_open_bytes))
      take_answer();
    const std::uint64_t sequence = expected.last_sequence + 1;
    if (open_.empty())
      first_ = sequence;
    bytes_ += message.data.size();
    open_.push_back({message.data.size(), message.sequence});
    requests_.send(message_of(message, request_, requests_.reply(sequence), expected).get());
    fault_point("during-publish");
  }
  void end() {
    while (!open_.empty())
      take_answer();
  }

private:
  struct Open {
    std::size_t bytes = 0;
    std::uint64_t original = 0;
    bool confirmed = false;
  };
  void take_answer() {
    const auto answer = next();
    if (answer.number < first_ || answer.number - first_ >= open_.size())
      return;
    Open &open = open_[answer.number - first_];
    check_is_confirmed(answer, open.original);
    if (!std::exchange(open.confirmed, true))
      bytes_ -= open.bytes;
    for (; !open_.empty() && open_.front().confirmed; open_.pop_front())
      first_++;
    fault_point("after-confirmation");
  }
  void check_is_confirmed(const PipelinedRequests::Answer &answer, std::uint64_t original) const {
    // As servers write it (server/stream.go): most need no parser.
    if (answer.data() == usual_begin_ + std::to_string(answer.number) + "}")
      return;
    const json said = json::parse(answer.data(), nullptr, false);
    const json error = said.is_object() ? said.value("error", json::object()) : json::object();
    if (!said.is_object() || !error.empty() || said.value("stream", "") != request_.stream)
      throw RestoreError("the stream " + request_.stream + " does not take message " + std::to_string(original) + ": " +
                         error.value("description", "what answers is another stream") +
                         "; run the command again once that is mended, it goes on there");
    check_is_new(original, said.value("seq", std::uint64_t{0}), answer.number);
  }
  // A message whose id the stream knows is confirmed too, though it was removed since (server/stream.go). Where it
  // stands as expected, an earlier run has sent it.
  void check_is_new(std::uint64_t original, std::uint64_t sequence, std::uint64_t expected) const {
    if (sequence != expected)
      throw RestoreError("the stream " + request_.stream + " does not take message " + std::to_string(original) +
                         ": it has had it before, as its sequence " + std::to_string(sequence) +
                         ", and takes none twice within its duplicate window; run the command again once that is over");
  }
  PipelinedRequests::Answer next() {
    try {
      auto answer = requests_.next(timeout);
      if (!answer)
        throw NoAnswer(Unanswered::lost, "the stream " + request_.stream +
                                             " confirms nothing any more: see whether it has a leader, and run the "
                                             "command again, it goes on there");
      return std::move(*answer);
    } catch (const NoAnswer &error) {
      if (error.reason != Unanswered::nobody)
        throw;
      throw RestoreError("no stream takes what is published there (" + std::string(error.what()) + "): the stream " +
                         request_.stream + " needs the subjects of the backup, or give --subject-prefix");
    }
  }

  PipelinedRequests requests_;
  const PublishRequest &request_;
  const std::string usual_begin_;
  std::deque<Open> open_;   // in their order
  std::uint64_t first_ = 0; // the sequence that the first of them gets
  std::size_t bytes_ = 0;   // of those that are not confirmed
};

PublishRestore::PublishRestore(Connection &connection, const ConnectionSettings &settings, PublishRequest request)
    : connection_(connection), settings_(settings), request_(std::move(request)), jetstream_(connection, settings) {}

PublishOutlook PublishRestore::check() {
  host::check_name(request_.stream, "--to-stream");
  const StreamState state = target_state();
  outlook_ = {.last_sequence = state.last_sequence};
  if (state.messages == 0)
    return outlook_;
  const std::uint64_t oldest = state.last_sequence - std::min(state.last_sequence, most_looked_back);
  for (std::uint64_t sequence = state.last_sequence; sequence > oldest && !outlook_.published_up_to; sequence--) {
    outlook_.published_up_to = original_of(sequence);
    if (!outlook_.published_up_to && !request_.append)
      throw StartupError("the last message of the stream " + request_.stream +
                         " is none that this command has published of " + request_.original +
                         " with the same choice of messages: give --append to publish behind it");
  }
  return outlook_;
}

// nullopt: it is no message of the backup, or there is none.
std::optional<OriginalMessage> PublishRestore::original_of(std::uint64_t sequence) {
  try {
    const json answer = jetstream_.ask("STREAM.MSG.GET." + request_.stream, json{{"seq", sequence}}.dump());
    return original_message(bytes_of_base64(answer.at("message").value("hdrs", "")), origin_of(request_));
  } catch (const ApiError &error) {
    if (error.code != not_found)
      throw;
    return std::nullopt;
  }
}

StreamState PublishRestore::target_state() {
  try {
    return stream_state(stream_info(jetstream_, request_.stream));
  } catch (const ApiError &error) {
    if (error.code != not_found)
      throw;
    throw StartupError("there is no stream " + request_.stream +
                       " (--to-stream): create it with the subjects of the backup (nats stream add), or give --exact");
  }
}

// Sequences are compared, which only count within one life of the stream.
bool PublishRestore::was_published(const WholeMessage &message) const {
  const OriginalMessage last = outlook_.published_up_to.value_or(OriginalMessage{});
  if (message.sequence == last.sequence && message.timestamp != last.timestamp)
    throw RestoreError("message " + std::to_string(message.sequence) + " of " + request_.original +
                       " is another one than an earlier run has published into " + request_.stream +
                       ": one of the two streams was recreated since; publish into another stream, or name the earlier "
                       "one of " +
                       request_.original + " with --created");
  return message.sequence <= last.sequence;
}

PublishReport PublishRestore::publish(MessageSource &messages, const std::function<void(std::uint64_t)> &progress) {
  PublishReport report{.last_sequence = outlook_.last_sequence};
  Window window(connection_, settings_.inbox_prefix, request_);
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t last_original = 0;
  WholeMessage message{};
  const auto next = [&] {
    try {
      return messages.next(message);
    } catch (...) {
      window.end(); // what is on its way arrives
      throw;
    }
  };
  while (next()) {
    if (was_published(message)) {
      report.skipped++;
      continue;
    }
    if (request_.messages_per_second > 0)
      std::this_thread::sleep_until(begin +
                                    std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(
                                        static_cast<double>(report.published) / request_.messages_per_second)));
    window.publish(message, {report.last_sequence++, last_original});
    last_original = message.sequence;
    progress(++report.published);
  }
  window.end();
  return report;
}

} // namespace jetcapture::host
