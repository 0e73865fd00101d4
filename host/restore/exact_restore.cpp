#include "restore/exact_restore.hpp"

#include "log/time_text.hpp"
#include "nats/consumer.hpp"
#include "nats/inbox.hpp"
#include "nats/request.hpp"
#include "nats/server_greeting.hpp"
#include "nats/server_time.hpp"
#include "nats/stream_messages.hpp"
#include "restore/archive_upload.hpp"
#include "restore/message_digest.hpp"
#include "restore/restore_permissions.hpp"
#include "restore/settled_replicas.hpp"
#include "restore/snapshot_archive.hpp"
#include "restore/stream_comparison.hpp"
#include "restore/tested_servers.hpp"
#include "settings/error.hpp"
#include "strings/random_digits.hpp"
#include "strings/strings.hpp"
#include "threads/fault_point.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int not_found = 404;
constexpr int name_in_use = 10130; // "stream name already in use, cannot restore" (server/errors.json)
constexpr std::chrono::milliseconds greeting_timeout = 5s;
constexpr std::chrono::milliseconds api_timeout = 30s; // a cluster places a stream first
constexpr auto name_timeout = 30s;
constexpr auto count_timeout = 30s;
constexpr auto replicas_timeout = 5min;
constexpr auto replicas_told_after = 10s;
constexpr auto between_tellings = 1min;
constexpr auto between_looks = 200ms;
constexpr ServerVersion first_with_metadata = {2, 10};
constexpr std::size_t other_bytes_of_a_chunk = 1024; // a chunk's subjects and frame

std::int64_t now_here() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Header names are compared as the server does: by their bytes (server/client.go, getHeader).
bool has_ttl(const WholeMessage &message) {
  return message.headers.find("\r\nNats-TTL:") != std::string_view::npos;
}

} // namespace

ExactRestore::ExactRestore(Connection &connection, const ConnectionSettings &settings, ExactRestoreRequest request,
                           Log &log)
    : connection_(connection), settings_(settings), request_(std::move(request)), log_(log),
      jetstream_(connection, settings), mark_{random_digits(16), new_inbox(settings.inbox_prefix) + ".alive"},
      alive_(connection, mark_.inbox) {}

ExactRestore::~ExactRestore() = default;

RestoreOutlook ExactRestore::check() {
  RestoreOutlook outlook;
  host::check_name(request_.target.stream, "--to-stream");
  check_server(outlook);
  check_permissions();
  check_name(outlook);
  check_bucket(outlook);
  check_subjects();
  check_space();
  return outlook;
}

void ExactRestore::check_server(RestoreOutlook &outlook) {
  outlook.server = greeting_of(connection_.url(), greeting_timeout).version;
  const std::optional<ServerVersion> version = version_of(outlook.server);
  if (version && *version < tested_servers.front())
    throw StartupError("nats-server " + outlook.server + " is too old to restore a stream on: it needs " +
                       tested_servers_text());
  const bool is_tested =
      version && std::find(tested_servers.begin(), tested_servers.end(), *version) != tested_servers.end();
  if (!is_tested && !request_.any_server)
    throw StartupError("restoring with --exact was tested with nats-server " + tested_servers_text() +
                       ", and this is " + outlook.server +
                       ": give --any-server to do it nevertheless, all messages are compared before the stream goes "
                       "live; or restore with --publish");
  if (!is_tested)
    outlook.warnings.push_back("restoring was not tested with nats-server " + outlook.server);
  has_metadata_ = !version || *version >= first_with_metadata;
}

void ExactRestore::check_permissions() {
  const std::vector<std::string> refused =
      refused_to_restore(connection_, settings_.inbox_prefix, jetstream_.prefix(), request_.target.stream);
  if (!refused.empty())
    throw StartupError("there is no permission to publish to " + joined(refused) +
                       ": add it to the permissions of the NATS user");
}

bool ExactRestore::has_stream(json &info) {
  try {
    info = stream_info(jetstream_, request_.target.stream);
    return true;
  } catch (const ApiError &error) {
    if (error.code != not_found)
      throw;
    return false;
  }
}

// Whoever restores a stream listens on the inbox of its mark.
bool ExactRestore::is_alive(const RestoreMark &mark) {
  try {
    request(connection_, settings_.inbox_prefix, mark.inbox, "", 2s);
    return true;
  } catch (const NoAnswer &error) {
    return error.reason != Unanswered::nobody;
  }
}

void ExactRestore::check_name(RestoreOutlook &outlook) {
  json info;
  if (!has_stream(info))
    return;
  const std::string &stream = request_.target.stream;
  const std::optional<RestoreMark> mark = mark_of(info.at("config"));
  if (!mark)
    throw StartupError("there is a stream " + stream +
                       " already: give another name with --to-stream, or delete it "
                       "(nats stream rm " +
                       stream + ")");
  if (is_alive(*mark))
    throw StartupError("another run of this command is restoring the stream " + stream +
                       ", or it can't be told whether it is: wait for its end, or delete the stream (nats stream rm " +
                       stream + ")");
  outlook.has_leftover = true;
}

void ExactRestore::check_bucket(RestoreOutlook &outlook) const {
  const json original = json::parse(request_.configuration);
  if (is_bucket(original) && original.at("name") != request_.target.stream)
    outlook.warnings.push_back("clients find the bucket by the name " + original.at("name").get<std::string>() +
                               " alone, which the subjects of its messages have, too: give --to-stream " +
                               original.at("name").get<std::string>() + " to use it as a bucket");
}

// What the stream will listen on once it goes live.
void ExactRestore::check_subjects() {
  const std::vector<std::string> subjects =
      request_.target.subjects.empty()
          ? json::parse(request_.configuration).value("subjects", std::vector<std::string>{})
          : request_.target.subjects;
  for (const std::string &subject : subjects) {
    const json answer = jetstream_.ask("STREAM.NAMES", json{{"subject", subject}}.dump());
    if (!answer.contains("streams") || !answer["streams"].is_array())
      continue;
    for (const json &other : answer["streams"])
      if (other != request_.target.stream)
        throw StartupError("the stream " + other.get<std::string>() + " has the subject " + subject +
                           ", so the restored one can't have it: give it another one with --to-subject, as in "
                           "--to-subject restored." +
                           request_.target.stream);
  }
}

void ExactRestore::check_space() {
  const json account = jetstream_.ask("INFO", "");
  const int replicas = configuration_meanwhile(json::parse(request_.configuration), request_.target, mark_, true)
                           .at("num_replicas")
                           .get<int>();
  const json tiers = account.value("tiers", json::object());
  const std::string tier = "R" + std::to_string(replicas);
  const bool by_tier = tiers.is_object() && tiers.contains(tier);
  const json &usage = by_tier ? tiers[tier] : account;
  const json limits = usage.value("limits", json::object());
  const std::int64_t most_storage = limits.value("max_storage", std::int64_t{-1});
  const std::uint64_t factor = by_tier ? 1 : static_cast<std::uint64_t>(replicas);
  const std::uint64_t wanted = usage.value("storage", std::uint64_t{0}) + request_.bytes * factor;
  if (most_storage >= 0 && wanted > static_cast<std::uint64_t>(most_storage))
    throw StartupError("the account has no room for the stream: it may have " + std::to_string(most_storage) +
                       " bytes on disk and has " + std::to_string(usage.value("storage", std::uint64_t{0})) +
                       ", and the messages take about " + std::to_string(request_.bytes * factor) +
                       ": raise the account's limit, or restore fewer messages (--from, --to)");
  const std::int64_t most_streams = limits.value("max_streams", std::int64_t{-1});
  if (most_streams >= 0 && usage.value("streams", std::int64_t{0}) >= most_streams)
    throw StartupError("the account may have " + std::to_string(most_streams) +
                       " streams and has as many: raise the account's limit, or delete one");
}

RestoreReport ExactRestore::restore(const OpenMessages &open, const Progress &progress) {
  remove_leftover();
  fault_point("before-restore");
  const Sent sent = send(*open(), progress);
  fault_point("after-restore");
  RestoreReport report;
  const json info = recovered(sent);
  if (!stream_has(sent, info.value("created", ""), progress))
    compare_each(*open(), sent, progress);
  if (!replicas_have_it())
    report.warnings.emplace_back("not all replicas of the stream have its messages yet: see nats stream info");
  fault_point("after-comparison");
  go_live(info, sent.messages, report);
  fault_point("after-going-live");
  report.messages = sent.messages;
  report.last_sequence = sent.last_sequence;
  make_consumers(report);
  const StreamState state = stream_state(stream_info(jetstream_, request_.target.stream));
  report.first_sequence = state.first_sequence;
  report.last_sequence = state.last_sequence;
  return report;
}

// Looked at once more: it may be another stream by now.
void ExactRestore::remove_leftover() {
  RestoreOutlook outlook;
  check_name(outlook);
  if (outlook.has_leftover)
    jetstream_.request("STREAM.DELETE." + request_.target.stream, "", api_timeout);
}

// Where the archive is to be sent to. In a cluster a server that was away may know of the leftover longer than the one
// that has removed it, and have it come back.
std::string ExactRestore::begin_upload(const std::string &wanted) {
  const std::string subject = "STREAM.RESTORE." + request_.target.stream;
  for (const Clock::time_point begin = Clock::now();; std::this_thread::sleep_for(between_looks)) {
    try {
      const json answer = jetstream_.request(subject, wanted, api_timeout);
      if (answer.contains("deliver_subject") && answer["deliver_subject"].is_string())
        return answer["deliver_subject"].get<std::string>();
      throw NoAnswer(Unanswered::lost, "the server does not say where it takes the messages of the stream " +
                                           request_.target.stream +
                                           ": a server of its cluster may be away (nats server report jetstream); run "
                                           "the command again, which removes what is left");
    } catch (const ApiError &error) {
      if (error.err_code != name_in_use || Clock::now() - begin > name_timeout)
        throw;
    }
    remove_leftover();
  }
}

ExactRestore::Sent ExactRestore::send(MessageSource &messages, const Progress &progress) {
  json configuration =
      configuration_meanwhile(json::parse(request_.configuration), request_.target, mark_, has_metadata_);
  const json state = {{"messages", 0}, {"bytes", 0}, {"first_seq", 0}, {"last_seq", 0}, {"consumer_count", 0}};
  ArchiveUpload upload(connection_, settings_.inbox_prefix,
                       begin_upload(json{{"config", configuration}, {"state", state}}.dump()));
  configuration["Created"] = time_text(now_here());
  const auto most = static_cast<std::size_t>(natsConnection_GetMaxPayload(connection_.get()));
  SnapshotArchive archive(
      request_.target.stream, configuration.dump(),
      has_metadata_ ? SnapshotArchive::Erased::left_out : SnapshotArchive::Erased::recorded,
      [&upload](std::string_view frame) { upload.send(frame); },
      std::max(most, 2 * other_bytes_of_a_chunk) - other_bytes_of_a_chunk);
  Sent sent;
  sent.messages.first_timestamp = INT64_MAX;
  MessageDigest digest;
  for (WholeMessage message{}; messages.next(message);) {
    digest.add(message);
    archive.add(message);
    if (sent.last_message > 0)
      sent.largest_gap = std::max(sent.largest_gap, message.sequence - sent.last_message - 1);
    sent.last_message = message.sequence;
    sent.messages.first_timestamp = std::min(sent.messages.first_timestamp, message.timestamp);
    sent.messages.with_ttl += has_ttl(message) ? 1 : 0;
    fault_point("during-restore");
    progress("messages sent", archive.messages());
  }
  sent.last_sequence = std::max(sent.last_message, request_.last_sequence);
  sent.largest_gap = std::max(sent.largest_gap, sent.last_sequence - sent.last_message);
  sent.messages.messages = archive.messages();
  sent.digest = digest.end();
  archive.finish(sent.last_sequence);
  upload.end();
  return sent;
}

// The server takes an archive in which something is wrong for one that ends there.
json ExactRestore::recovered(const Sent &sent) {
  const Clock::time_point begin = Clock::now();
  while (true) {
    json info = stream_info(jetstream_, request_.target.stream, api_timeout);
    const StreamState state = stream_state(info);
    if (mark_of(info.at("config")) != mark_)
      throw RestoreError("somebody has changed or recreated the stream " + request_.target.stream +
                         " while it was restored: see what it is");
    if (state.messages == sent.messages.messages && state.last_sequence == sent.last_sequence)
      return info;
    if (Clock::now() - begin > count_timeout)
      throw RestoreError("the server has restored " + std::to_string(state.messages) + " messages up to sequence " +
                         std::to_string(state.last_sequence) + ", and the backup has " +
                         std::to_string(sent.messages.messages) + " up to " + std::to_string(sent.last_sequence) +
                         ": the stream is not made live; run the command again, which removes it");
    std::this_thread::sleep_for(between_looks);
  }
}

bool ExactRestore::replicas_have_it() {
  SettledReplicas replicas;
  const Clock::time_point begin = Clock::now();
  Clock::time_point tell_next = begin + replicas_told_after;
  for (; Clock::now() - begin < replicas_timeout; std::this_thread::sleep_for(between_looks)) {
    if (replicas.see(stream_info(jetstream_, request_.target.stream, api_timeout), Clock::now()))
      return true;
    if (Clock::now() < tell_next)
      continue;
    tell_next += between_tellings;
    log_.warn("waiting until the replicas of the stream have its messages",
              {{"stream", request_.target.stream}, {"behind", joined(replicas.behind())}});
  }
  return false;
}

// A work queue allows no consumer that acks nothing. Servers before 2.10 answer nothing while a consumer passes a gap.
bool ExactRestore::can_be_read_at_once(const Sent &sent) const {
  constexpr std::uint64_t most_missing = 10'000'000;
  return json::parse(request_.configuration).value("retention", "limits") != "workqueue" &&
         (has_metadata_ || sent.largest_gap <= most_missing);
}

// False: not all of them, or it can't be told so. One that has them in another place, or others besides, has another
// digest.
bool ExactRestore::stream_has(const Sent &sent, const std::string &created, const Progress &progress) {
  constexpr std::string_view what = "messages compared";
  if (!can_be_read_at_once(sent))
    return false;
  progress(what, 0);
  MessageDigest digest;
  try {
    StreamMessages stream(connection_, settings_, {request_.target.stream, created, sent.last_message, "restore"},
                          log_);
    StreamComparison unsure(connection_, settings_.inbox_prefix, jetstream_.prefix(), request_.target.stream);
    for (WholeMessage message{}; stream.next(message);) {
      digest.add(message);
      if (!StreamMessages::is_surely_read(message))
        unsure.expect(message);
      progress(what, digest.messages());
    }
    return unsure.end().different == 0 && digest.end() == sent.digest;
  } catch (const DeliveryError &error) {
    log_.debug("the restored messages can't be read by a consumer", {{"reason", error.what()}});
  } catch (const NoAnswer &error) {
    log_.debug("the restored messages can't be read by a consumer", {{"reason", error.what()}});
  }
  return false;
}

// Tells which ones are others.
void ExactRestore::compare_each(MessageSource &messages, const Sent &sent, const Progress &progress) {
  StreamComparison comparison(connection_, settings_.inbox_prefix, jetstream_.prefix(), request_.target.stream);
  std::uint64_t count = 0;
  for (WholeMessage message{}; messages.next(message);) {
    comparison.expect(message);
    progress("messages compared one by one", ++count);
  }
  const Comparison result = comparison.end();
  if (result.messages != sent.messages.messages)
    throw RestoreError("the backup changed while it was restored: it had " + std::to_string(sent.messages.messages) +
                       " messages, and then " + std::to_string(result.messages) + "; run the command again");
  if (result.different > 0)
    throw RestoreError(std::to_string(result.different) + " messages of the stream are not those of the backup (" +
                       joined(result.differences) +
                       "): the stream is not made live; run the command again, which removes it");
}

void ExactRestore::go_live(const json &info, RestoredMessages messages, RestoreReport &report) {
  const json original = json::parse(request_.configuration);
  messages.bytes = info.at("state").value("bytes", std::uint64_t{0});
  if (original.value("max_msgs_per_subject", std::int64_t{-1}) > 0)
    messages.most_of_a_subject = most_of_a_subject();
  const std::int64_t server_time = nanoseconds_of(info.value("ts", ""));
  LiveConfiguration live =
      configuration_to_go_live(original, request_.target, messages, server_time != 0 ? server_time : now_here());
  jetstream_.request("STREAM.UPDATE." + request_.target.stream, live.json, api_timeout);
  report.left_out = std::move(live.left_out);
  const StreamState state = stream_state(stream_info(jetstream_, request_.target.stream));
  if (state.messages < messages.messages)
    report.warnings.push_back("the stream has " + std::to_string(messages.messages - state.messages) +
                              " restored messages less since it is live: its limits, its consumers or somebody else "
                              "have removed them");
}

std::uint64_t ExactRestore::most_of_a_subject() {
  std::uint64_t most = 0;
  for (std::uint64_t offset = 0, total = 1; offset < total;) {
    const json info = jetstream_.ask("STREAM.INFO." + request_.target.stream,
                                     json{{"subjects_filter", ">"}, {"offset", offset}}.dump(), api_timeout);
    const json subjects = info.at("state").value("subjects", json::object());
    total = info.value("total", std::uint64_t{0});
    if (!subjects.is_object() || subjects.empty())
      break;
    for (const json &count : subjects)
      most = std::max(most, count.get<std::uint64_t>());
    offset += subjects.size();
  }
  return most;
}

void ExactRestore::make_consumers(RestoreReport &report) {
  // Some servers make one that begins behind the stream's end as it is asked for: it would not get what comes next.
  const std::uint64_t next = report.last_sequence + 1;
  // A work queue allows no consumer that does not begin with its first message (server/consumer.go).
  const bool is_queue = json::parse(request_.configuration).value("retention", "limits") == "workqueue";
  for (const RestoredConsumer &consumer : request_.consumers) {
    const json original = json::parse(consumer.configuration);
    if (!is_durable(original))
      continue;
    const json body = {{"stream_name", request_.target.stream},
                       {"config", restored_consumer(original, is_queue ? 0 : std::min(consumer.start_sequence, next))}};
    try {
      jetstream_.request("CONSUMER.DURABLE.CREATE." + request_.target.stream + "." + consumer.name, body.dump(),
                         api_timeout);
      report.consumers.push_back(consumer.name);
      if (is_queue && consumer.start_sequence > 1)
        report.warnings.push_back(
            "the consumer " + consumer.name +
            " of the work queue begins with the first message: messages that it had acked before " +
            std::to_string(consumer.start_sequence) + " come again, unless they are purged");
    } catch (const ApiError &error) {
      report.warnings.push_back("the consumer " + consumer.name + " is not made: " + error.what());
    }
  }
}

} // namespace jetcapture::host
