#include "ordered/start.hpp"

#include "log/time_text.hpp"
#include "settings/error.hpp"
#include "settings/flags.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace jetcapture::host {

namespace {

using Message = OrderedChain::Message;

std::string capture_name(const Settings &settings) {
  return "the capture " + settings.consumer + " of stream " + settings.stream;
}

OrderedStart new_capture(const StreamNow &stream, const Settings &settings, bool has_other_chains) {
  if (has_other_chains && settings.start_sequence == 0 && settings.start_time.empty())
    throw StartupError("hosts with shared delivery have captured stream " + settings.stream + " as " +
                       settings.consumer +
                       ": give --start-sequence with the ack floor of that consumer and 1, so that nothing is stored "
                       "twice; or another name with --consumer");
  const std::uint64_t after = stream.begin();
  return {.after = after, .goes_on = false, .begins_at = after + 1, .stream_created = stream.created};
}

// What the stream has now of a message that was captured.
enum class Found {
  same,
  none, // it left the stream
  other // the stream has lost its end, and gave the sequence to another message, or to none yet
};

// The stream gives sequences and times in one order: where a message up to the sequence is newer than the one that was
// captured with it, the sequences were given once more.
Found find(const StreamNow &stream, const Message &captured) {
  if (captured.sequence > stream.last_sequence)
    return Found::other;
  const std::optional<Message> newest = stream.newest_up_to(captured.sequence);
  if (newest && newest->sequence == captured.sequence)
    return newest->timestamp == captured.timestamp ? Found::same : Found::other;
  return newest && newest->timestamp > captured.timestamp ? Found::other : Found::none;
}

// Up to where what was captured and the stream are the same, by the messages that both know. nullopt: they share none.
// What has left the stream at its beginning is taken for the same where its creation is.
std::optional<std::uint64_t> last_agreement(OrderedChain &chain, const StreamNow &stream, bool same_creation) {
  while (const std::optional<Message> message = chain.next_back()) {
    if (message->sequence < stream.first_sequence)
      return same_creation ? std::optional(message->sequence) : std::nullopt;
    if (find(stream, *message) == Found::same)
      return message->sequence;
  }
  return std::nullopt;
}

[[noreturn]] void refuse_other_stream(const Settings &settings, const ManifestHeader &last, const StreamNow &stream) {
  throw StartupError("the stream " + settings.stream + " was recreated (created " + stream.created + ", and " +
                     last.stream_created + " when it was captured as " + settings.consumer +
                     "): give the new one a capture of its own, with another --consumer name");
}

// Whether some run may have passed over what another one stores, or the reverse. A run with "stop" passes over nothing.
bool treats_bad_messages_otherwise(const std::string &one, const std::string &other) {
  constexpr std::string_view stop = "stop";
  return !one.empty() && one != stop && other != stop && one != other;
}

// Of the options that decide what the objects of the capture hold and are called, one that was another until now; "":
// none was.
std::string other_option(const ManifestHeader &last, const std::vector<std::string> &filters, const Settings &settings,
                         const std::string &captured_by) {
  if (last.options != captured_by)
    return "other options of decoder, writer or compression";
  if (last.path_template != settings.path_template)
    return "the path template " + last.path_template;
  if (!last.path_null.empty() && last.path_null != settings.path_null)
    return "--path-null " + last.path_null;
  if (last.interval != settings.max_age.count())
    return "another --max-age";
  if (last.filters != filters)
    return "other --filter-subject";
  if (treats_bad_messages_otherwise(last.on_decode_error, on_decode_error(settings)))
    return "--on-decode-error " + last.on_decode_error;
  return "";
}

} // namespace

std::string on_decode_error(const Settings &settings) {
  return value_text(*find_flag("on-decode-error"), settings);
}

// Two hosts that cut the stream at different places would capture the same messages.
void check_claims(const ManifestHeader &last, const Settings &settings) {
  if (last.claim_messages != 0 && last.claim_messages != settings.parallel_backlog)
    throw StartupError(capture_name(settings) + " is made with --parallel-backlog " +
                       std::to_string(last.claim_messages) +
                       ": give that, or begin a capture of another name with --consumer");
}

void check_options(const ManifestHeader &last, const std::vector<std::string> &filters, const Settings &settings,
                   const std::string &captured_by, Log &log) {
  check_claims(last, settings);
  const std::string other = other_option(last, filters, settings, captured_by);
  if (other.empty())
    return;
  if (!settings.from_here)
    throw StartupError(capture_name(settings) + " was made with " + other +
                       " until now: --from-here goes on with the new ones behind sequence " +
                       std::to_string(last.floor) + "; what is stored stays as it is");
  log.warn("the capture goes on with other options from here", {{"floor", last.floor}, {"until_now", other}});
}

OrderedStart agreed_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings) {
  const ManifestHeader &last = chain.last();
  OrderedStart start = {
      .after = last.floor, .goes_on = true, .begins_at = last.begins_at, .stream_created = last.stream_created};
  // A server that restarts after the stream was edited tells another time of its creation: messages tell more.
  const bool same_creation = last.stream_created == stream.created;
  const bool reaches_floor = last.floor <= stream.last_sequence;
  chain.begin_back();
  const std::optional<Message> newest = chain.next_back();
  if (!newest && !same_creation && stream.behind == 0 && last.floor > 0)
    refuse_other_stream(settings, last, stream);
  // Where all that was captured has left the stream, it goes on behind it.
  const Found found = newest && newest->sequence >= stream.first_sequence ? find(stream, *newest) : Found::same;
  if (found != Found::same) {
    const std::optional<std::uint64_t> agreed = last_agreement(chain, stream, same_creation);
    if (!agreed && !same_creation && stream.behind == 0)
      refuse_other_stream(settings, last, stream);
    if (found == Found::none && reaches_floor && (agreed || same_creation))
      return start; // alone, or with a few before it
    start.after = std::min(last.floor, agreed.value_or(0));
  }
  // A capture that was told to begin behind the end of the stream has read nothing that could be lost.
  if (newest || last.floor + 1 != last.begins_at)
    start.after = std::min(start.after, stream.last_sequence);
  start.after = std::max(start.after, stream.behind);
  return start;
}

OrderedStart find_start(OrderedChain &chain, const StreamNow &stream, const Settings &settings,
                        const std::string &captured_by, bool has_other_chains, Log &log) {
  if (chain.is_new())
    return new_capture(stream, settings, has_other_chains);
  const ManifestHeader last = chain.last();
  check_options(last, stream.filters, settings, captured_by, log);
  if (settings.start_sequence > 0 || !settings.start_time.empty())
    log.warn("--start-sequence and --start-time are of a new capture: this one goes on where it was",
             {{"floor", last.floor}});
  const OrderedStart start = agreed_start(chain, stream, settings);
  if (start.after < last.floor)
    log.error("the stream has lost its last messages, as after a power failure: what it has there now is captured too",
              {{"captured_up_to", std::max(last.highest_sequence, last.floor)},
               {"stream_ends_at", stream.last_sequence},
               {"goes_on_behind", start.after}});
  return start;
}

} // namespace jetcapture::host
