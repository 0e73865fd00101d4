#include "nats/permission_checks.hpp"

#include "nats/ack_subject.hpp"
#include "nats/ephemeral_consumer.hpp"
#include "nats/request.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <thread>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds timeout = 5s;
constexpr int most_tries = 3; // where the connection was cut off meanwhile
constexpr auto between_looks = 20ms;
// While a consumer gets another leader nobody subscribes to its subjects.
constexpr std::chrono::milliseconds longest_election = 2s;
constexpr std::chrono::milliseconds no_election = 0s; // a consumer that does not exist has no leader to wait for

// What is not JSON of that request is refused with status 400 before anything is delivered, or made
// (server/consumer.go, nextReqFromMsg; server/jetstream_api.go).
constexpr std::string_view no_pull_request = R"({"batch":"none"})";
constexpr std::string_view no_request = "{";
// An ack that only says "in progress", of a sequence that no stream reaches: the server answers, and changes nothing
// (server/consumer.go, processAck, progressUpdate).
constexpr auto no_sequence = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// Asks again while a leader is elected, and where the connection was cut off meanwhile. Why no answer came; nullopt: it
// did. Throws what ask throws, but for NoAnswer.
std::optional<NoAnswer> no_answer(Connection &connection, const std::function<void()> &ask,
                                  std::chrono::milliseconds election = longest_election) {
  const auto begin = std::chrono::steady_clock::now();
  for (int tries = 1;; tries++) {
    const std::uint64_t reconnects = connection.reconnects();
    try {
      ask();
      return std::nullopt;
    } catch (const NoAnswer &error) {
      if (error.reason == Unanswered::nobody && std::chrono::steady_clock::now() - begin < election) {
        tries = 0;
        std::this_thread::sleep_for(between_looks);
        continue;
      }
      const bool cut_off = !connection.connected() || connection.reconnects() != reconnects;
      if (error.reason != Unanswered::lost || !cut_off || tries == most_tries)
        return error;
    }
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!connection.connected() && !connection.closed() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(between_looks);
  }
}

std::optional<Unanswered> unanswered(Connection &connection, const Settings &settings, const std::string &subject,
                                     std::string_view body, std::chrono::milliseconds election = longest_election) {
  const auto error = no_answer(
      connection,
      [&] { request(connection, settings.connection.inbox_prefix, subject, body, timeout, Asked::until_answered); },
      election);
  return error ? std::optional(error->reason) : std::nullopt;
}

std::string missing(const std::string &subjects) {
  return "there is no permission to publish to " + subjects + ": add it to the permissions of the NATS user";
}

// Subjects that the user may not publish to.
class Subjects {
public:
  void add(const std::string &subject) { list_ += (list_.empty() ? "" : ", ") + subject; }
  void require_none() const {
    if (!list_.empty())
      throw StartupError(missing(list_));
  }

private:
  std::string list_;
};

constexpr const char *import = ": import that subject from the account of the stream";

} // namespace

void check_permissions(Connection &pull_connection, Connection &ack_connection, JetStream &jetstream,
                       const ConsumerFacts &consumer, const Settings &settings, std::vector<std::string> &warnings) {
  const std::string name = consumer.stream + "." + consumer.consumer;
  const std::string api = jetstream.prefix() + ".";
  const bool exists = consumer.consumer_created != 0; // else --check found that a run creates it
  const auto election = exists ? longest_election : no_election;
  Subjects not_permitted;

  const std::string pull = api + "CONSUMER.MSG.NEXT." + name;
  const auto no_pull = unanswered(pull_connection, settings, pull, no_pull_request, election);
  if (no_pull == Unanswered::not_permitted)
    not_permitted.add(pull);

  AckSubjectWriter acks(plain_ack_prefix(consumer.stream, consumer.consumer), plain_ack_tokens);
  const std::string all_acks = plain_ack_prefix(consumer.stream, consumer.consumer) + ".>";
  const auto no_ack = unanswered(ack_connection, settings, acks.subject(no_sequence), "+WPI", election);
  if (no_ack == Unanswered::not_permitted)
    not_permitted.add(all_acks);

  if (!exists) {
    const std::string create = api + "CONSUMER.DURABLE.CREATE." + name;
    if (unanswered(ack_connection, settings, create, no_request) == Unanswered::not_permitted)
      not_permitted.add(create);
  }
  not_permitted.require_none();
  if (exists && no_pull == Unanswered::nobody)
    throw StartupError("nobody answers pull requests at " + pull + import);
  // Through a domain or another prefix, acks may go another way: the first message tells.
  const bool plain = settings.connection.js_domain.empty() && settings.connection.js_api_prefix.empty();
  if (exists && no_ack == Unanswered::nobody && plain)
    throw StartupError("nobody takes acks at " + all_acks + import);
  if (exists && (no_pull || no_ack)) {
    const std::string sentence =
        "it could not be checked that the consumer can be pulled and acked: no answer came from " +
        (no_pull ? pull : all_acks) + "; see whether the consumer has a leader";
    if (settings.check)
      throw StartupError(sentence);
    warnings.push_back(sentence);
  }

  const std::string get = api + "STREAM.MSG.GET." + consumer.stream;
  if (unanswered(ack_connection, settings, get, R"({"seq":0})") == Unanswered::not_permitted)
    warnings.push_back(missing(get) +
                       "; without it a sequence that the stream gave to two messages is not found at the start");
}

void check_ordered_permissions(Connection &pulls, Connection &asks, JetStream &jetstream, const ConsumerFacts &stream,
                               const Settings &settings, std::vector<std::string> &warnings) {
  constexpr std::chrono::nanoseconds short_life = 10s;
  const std::string api = jetstream.prefix() + ".";
  Subjects not_permitted;
  JetStream creates(pulls, settings.connection);
  std::optional<EphemeralConsumer> made;
  std::optional<NoAnswer> none_made;
  try {
    none_made = no_answer(pulls, [&] {
      made.emplace(creates, jetstream,
                   EphemeralRequest{.stream = stream.stream,
                                    .capture = stream.consumer,
                                    .filters = stream.coverage.filters,
                                    .first_sequence = end_of_stream,
                                    .inactive_threshold = short_life});
    });
  } catch (const ApiError &error) {
    throw StartupError("the server makes no consumer on the stream " + stream.stream + ": " + error.what());
  }
  if (none_made && none_made->reason == Unanswered::not_permitted)
    not_permitted.add(api + "CONSUMER.CREATE." + stream.stream + ".>");
  else if (none_made && settings.check)
    throw StartupError(none_made->what());
  const std::string name = stream.stream + "." + (made ? made->name() : "none");

  const auto no_pull = unanswered(pulls, settings, api + "CONSUMER.MSG.NEXT." + name, no_pull_request);
  if (no_pull == Unanswered::not_permitted)
    not_permitted.add(api + "CONSUMER.MSG.NEXT." + stream.stream + ".>");
  if (unanswered(asks, settings, api + "CONSUMER.INFO." + name, "") == Unanswered::not_permitted)
    not_permitted.add(api + "CONSUMER.INFO." + stream.stream + ".>");
  not_permitted.require_none();
  if (made && no_pull == Unanswered::nobody)
    throw StartupError("nobody answers pull requests at " + api + "CONSUMER.MSG.NEXT." + stream.stream + ".>" + import);
  if (no_pull)
    warnings.push_back("it could not be checked that the stream can be read: no answer came from " + api +
                       "CONSUMER.MSG.NEXT." + name);

  const std::string get = api + "STREAM.MSG.GET." + stream.stream;
  if (unanswered(asks, settings, get, R"({"seq":0})") == Unanswered::not_permitted)
    warnings.push_back(missing(get) + "; without it a stream that has lost its last messages is not always noticed");
  if (unanswered(asks, settings, api + "CONSUMER.DELETE." + stream.stream + ".none", "") == Unanswered::not_permitted)
    warnings.push_back(missing(api + "CONSUMER.DELETE." + stream.stream + ".>") +
                       "; without it a consumer that is done with stays on the server for some minutes");
}

} // namespace jetcapture::host
